"""The report on the workspace: what stands in it, that it is sound HTML, and what it says about missing parts."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import vl_convert
from PIL import Image
from ruamel.yaml import YAML

from stages.errors import InputError
from stages.files import write_json
from stages.pages.charts import COLOURS, looks
from stages.pages.page import data_uri
from stages.pages.report import write_report
from stages.pages.tables import best_of, confusion_table, flatten, number, parameter_table, value_text
from stages.params import load_params
from tests.report_workspace import PIXEL, make_workspace

VOID = {"meta", "link", "img", "input", "br", "hr", "line"}


class Page(HTMLParser):
    """The tags of a page with their attributes, its headings, and its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.tags, self.open, self.headings, self.scripts, self.styles = text, [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append((self.tags[-1][1], data))
        if self.open and self.open[-1] == "style":
            self.styles.append(data)

    def all(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_workspace(tmp_path)
    return tmp_path


def report() -> Page:
    write_report("report.html", load_params())
    return Page(Path("report.html").read_text(encoding="utf-8"))


def visible(page: Page) -> str:
    """The text of the page without scripts, styles and tags."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_page_is_sound_and_names_its_parts(workspace: Path) -> None:
    page = report()
    assert page.open == [], "every tag is closed"
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    names = [tag for tag, _ in page.tags]
    assert names.count("table") == names.count("caption") > 5
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
    assert all(each["alt"] for each in page.all("img"))
    assert {"main", "nav", "header"} <= set(names)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [each["href"] for each in page.all("a")]
    assert "#content" in links and {link[1:] for link in links} <= set(ids)


def test_nothing_in_the_page_loads_anything(workspace: Path) -> None:
    page = report()
    for tag, attributes in page.tags:
        for key in ("src", "href", "action", "data", "poster", "srcset"):
            within = ("#", "data:image/png;base64,", "data:image/webp;base64,")
            assert attributes.get(key, "#").startswith(within), (tag, attributes[key][:80])
    assert all("url(" not in style and "@import" not in style for style in page.styles)
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy and "http" not in policy
    run = [text for attributes, text in page.scripts if not attributes.get("type")]
    assert len(run) == 2
    for text in run:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert len(page.text) < 5_000_000


def test_names_from_the_data_stay_words(workspace: Path) -> None:
    page = report()
    assert "<b>good" not in page.text
    assert page.text.count("&lt;b&gt;good&lt;/b&gt;") >= 6
    specs = [json.loads(text) for attributes, text in page.scripts if attributes.get("type") == "application/json"]
    assert any(row.get("class") == "</script>" for spec in specs for row in spec["data"]["values"])


def test_it_says_what_ran_and_what_came_out(workspace: Path) -> None:
    words = visible(report())
    for text in ("skipped: no area 2", "repaired: turned 1", "boxes clipped to their photo 3", "Seeds: 0, 1"):
        assert text in words
    metrics = json.loads(Path("metrics/cnn/slow/metrics.json").read_text())
    assert f"{metrics['test']['accuracy']:.4f} (best) ± {metrics['std']['test']['accuracy']:.4f}" in words
    interval, recall = metrics["interval"]["test"]["accuracy"], metrics["interval"]["test"]["recall"]["bad"]
    for one in (interval, recall):
        assert f"[{one['low']:.3f}, {one['high']:.3f}]" in words
    assert "0.0001 (differs)" in words or "0.001 (differs)" in words
    for absent in ("Not run yet", "Out of date", "are not here", "The contact sheet is not here"):
        assert absent not in words


def test_a_second_operating_point_and_pictures_of_probabilities_are_shown(workspace: Path) -> None:
    folder = workspace / "metrics/cnn/plain"
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["natural"] = {"test": {"accuracy": 0.98765}}
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    for name in ("precision_recall", "reliability"):
        (folder / f"{name}.png").write_bytes(PIXEL)
    page = report()
    assert page.text.count("at the natural operating point 0.9877") == 1
    shown = [image["alt"] for image in page.all("img")]
    assert sum("rarest class" in alt for alt in shown) == sum("confidence" in alt for alt in shown) == 1


def test_it_says_what_the_audit_found(workspace: Path) -> None:
    page = report()
    words = visible(page)
    for text in (
        "What the data hide", "identical 5 0 1", "near 0 0 2", "test faces with a duplicate in train 7",
        "test faces with a duplicate in train (&lt;b&gt;good&lt;/b&gt;) 7", "photos left out of training 0",
        "labels: conflicts 4", "train, bad 5 24.5", "Faces: duplicates",
    ):  # fmt: skip
        assert text in words, text
    assert "Faces: audit" not in words, "a picture that is not there is left out"
    Path("metrics/faces/audit.json").unlink()
    assert "What the data hide" not in visible(report())


def test_the_digits_audit_has_its_own_counts(workspace: Path) -> None:
    counts = {
        "duplicate_pairs": {"identical": {"train": 1, "test": 2, "across": 3}},
        "leak": {"train_digits": 4, "test_digits": {"all": 5, "of_9": 5}},
        "left_out": {"digits": 4},
        "labels": {"conflicting_pairs": 0, "suspicious": {"train": 6, "test": 7}},
    }
    write_json("metrics/digits/audit.json", counts)
    words = visible(report())
    for text in (
        "identical 1 2 3", "digits left out of training 4", "train digits with a duplicate in test 4",
        "test digits with a duplicate in train (9) 5", "labels: suspicious test 7",
    ):  # fmt: skip
        assert text in words, text


def test_every_chart_can_be_drawn(workspace: Path) -> None:
    page = report()
    specs = [json.loads(text) for attributes, text in page.scripts if attributes.get("type") == "application/json"]
    assert len(specs) == 5
    for spec in specs:
        empty = spec | {"data": {"values": []}}
        assert vl_convert.vegalite_to_svg(spec) != vl_convert.vegalite_to_svg(empty)
        everything_hidden = spec | {"params": [{"name": "hidden", "value": ["plain", "slow"]}]}
        drawn, hidden = (len(vl_convert.vegalite_to_svg(one)) for one in (spec, everything_hidden))
        assert hidden < drawn
    assert all(row["low"] >= 0 for spec in specs[:4] for row in spec["data"]["values"])


def test_the_same_workspace_gives_the_same_bytes(workspace: Path) -> None:
    first = report().text
    assert report().text == first


def test_what_is_missing_is_said(workspace: Path) -> None:
    Path("metrics/cnn/slow/metrics.json").unlink()
    Path("metrics/cnn/plain/misclassified.png").unlink()
    Path("metrics/faces/contact_sheet.png").unlink()
    words = visible(report())
    assert "Not run yet: slow." in words
    assert "Pictures or predictions of plain are not here: run dvc pull" in words
    assert "The contact sheet is not here" in words


def test_results_of_other_parameters_are_marked(workspace: Path) -> None:
    yaml = YAML()
    lock = yaml.load(Path("dvc.lock"))
    lock["stages"]["train_cnn@slow"]["params"]["params.yaml"]["cnn.variants.slow"]["lr"] = 0.5
    yaml.dump(lock, Path("dvc.lock"))
    assert "Out of date: slow." in visible(report())


@pytest.mark.parametrize("name", ["metrics/cnn/plain/metrics.json", "dvc.lock", "metrics/cnn/plain/misclassified.png"])
def test_a_damaged_file_is_one_line(workspace: Path, name: str) -> None:
    Path(name).write_text("{[", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(name)) as caught:
        report()
    assert "\n" not in str(caught.value)


def test_nothing_run_yet_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_workspace(tmp_path, judged=())
    with pytest.raises(InputError, match="nothing has run yet"):
        report()
    assert not Path("report.html").exists()


def test_parameters_are_flattened_and_the_odd_one_is_marked() -> None:
    assert flatten({"a": {"b": 1, "c": None}, "d": [1, 2], "e": []}) == {"a.b": "1", "d": "1, 2"}
    table = parameter_table("", {"x": {"lr": 0.1}, "y": {"lr": 0.1, "step": {"every": 2}}, "z": {"lr": 1e-5}})
    rows = {key: [(cell.text, cell.mark) for cell in cells] for key, cells in table.rows}
    assert rows == {
        "lr": [("0.1", ""), ("0.1", ""), ("1e-05", "differs")],
        "step.every": [("–", ""), ("2", "differs"), ("–", "")],
    }


def test_confusion_has_counts_and_row_percentages() -> None:
    table = confusion_table("", np.array([[3, 1], [0, 0]]), ["a", "b"])
    assert [[(cell.text, cell.small, cell.share) for cell in cells] for _, cells in table.rows] == [
        [("3", "75.0%", 0.75), ("1", "25.0%", 0.25)],
        [("0", "", 0.0), ("0", "", 0.0)],
    ]


def test_best_and_numbers() -> None:
    assert best_of([0.1, None, 0.3, 0.3], highest=True) == {2, 3}
    assert best_of([0.1, None, 0.3], highest=False) == {0}
    assert best_of([0.1, None], highest=True) == set(), "one value alone is not the best of anything"
    assert [number(1234), number(0.5), number(None)] == ["1,234", "0.5000", "–"]
    assert [value_text(0.00005), value_text(0.9), value_text(0.12345), value_text("relu")] == [
        "5e-05",
        "0.9",
        "0.1235",
        "relu",
    ]


def test_35_variants_look_different() -> None:
    looking = [(look["colour"], tuple(look["dash"])) for look in looks([str(i) for i in range(35)])]
    assert len(set(looking)) == 35
    assert "#F0E442" not in COLOURS and "#000000" not in COLOURS


def test_only_png_becomes_an_address(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert data_uri(path) is None
    path.write_bytes(PIXEL)
    assert base64.b64decode(data_uri(path).removeprefix("data:image/png;base64,")) == PIXEL


def test_a_large_picture_is_packed_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    shades = np.add.outer(np.arange(300), np.arange(300)) * 97 % 256
    noise = np.random.default_rng(0).integers(0, 9, (300, 300))
    Image.fromarray(np.minimum(shades // 9 + noise, 255).astype(np.uint8)).save(path)
    packed = base64.b64decode(data_uri(path).removeprefix("data:image/webp;base64,"))
    assert len(packed) < path.stat().st_size
    with Image.open(io.BytesIO(packed)) as picture:
        assert picture.size == (300, 300)
    whole = path.read_bytes()
    at = whole.index(b"IDAT")
    shorter = whole[: at - 4] + (9000).to_bytes(4, "big") + whole[at:]  # pixels stand where a chunk should begin
    for damaged in (shorter, *(whole[:place] + b"\x7f\xff\0\0" * 10_000 for place in (12, 16, 40, at))):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="a.png: not a PNG picture"):
            data_uri(path)
