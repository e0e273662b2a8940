"""The benchmarks: taking turns, ratios, the table, and that each still runs in its smallest form."""

import gc
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch

from benchmarks import __main__ as benchmarks
from benchmarks import crop, dnn, floors, growth, pipeline, products, results, timing
from benchmarks.machine import NO_GPU
from benchmarks.row import OURS, Row, rows_of, to_table
from benchmarks.write import FLOORS, aims, markdown, write_page
from stages.cnn.data import Faces
from stages.errors import InputError
from stages.params_cnn import CnnVariant
from stages.params_residual import ResidualVariant
from tests.pipeline import PROJECT, cnn_variant, residual_variant


def test_competitors_take_turns_and_none_always_follows_the_same_one():
    called = []
    seconds = timing.race({name: lambda name=name: called.append(name) for name in "abc"}, repetitions=3, warm_up=2)
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 3, "b": 3, "c": 3}
    rounds = ["".join(called[i : i + 3]) for i in range(0, len(called), 3)]
    assert rounds == ["bca", "cab", "abc", "bca", "cab"]


def test_what_is_timed_is_the_call_alone_with_the_collector_off(monkeypatch):
    clock, off = iter([5.0, 7.5]), []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    assert timing.time_once(lambda: off.append(gc.isenabled())) == 2.5
    assert off == [False]
    assert gc.isenabled()


def test_the_collector_is_on_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        timing.time_once(lambda: 1 / 0)
    assert gc.isenabled()


def test_the_ratio_is_that_within_a_round():
    # A slow second round: the quotient of the medians would be 3 / 2.
    values = {"peer": np.array([2.0, 20.0, 1.0]), OURS: np.array([1.0, 10.0, 3.0])}
    ours, peer = rows_of("b", "w", values, {"peer": 0.5})
    assert (ours.competitor, ours.median, ours.ratio, ours.met) == (OURS, 3, None, None)
    assert (peer.median, peer.minimum, peer.maximum, peer.repetitions) == (2, 1, 20, 3)
    assert peer.ratio == 0.5
    assert peer.met
    assert not rows_of("b", "w", values, {"peer": 0.49})[1].met


def test_an_aim_for_nobody_is_refused():
    with pytest.raises(ValueError, match="did not run: pear"):
        rows_of("b", "w", {OURS: np.ones(1), "peer": np.ones(1)}, {"pear": 1})


def row(benchmark: str, **changes) -> Row:
    given = {"what": "w", "competitor": "peer", "unit": "s", "median": 1.0, "minimum": 0.5, "maximum": 2.0}
    return Row(benchmark, **given | {"repetitions": 3} | changes)


def test_a_benchmark_replaces_its_own_rows_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.save("one", [row("one"), row("one")], {"cpu": "a"})
    results.save("two", [row("two", ratio=0.5, aim=0.6)], {"cpu": "a"})
    results.save("one", [row("one", median=0.123456789)], {"cpu": "a"})
    table = results.read()
    assert table["benchmark"].tolist() == ["two", "one"]
    assert table["median"].tolist() == [1, 0.123457]
    assert json.loads(results.MACHINE.read_text()) == {"cpu": "a"}


def test_figures_of_two_machines_are_not_mixed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.check_machine({"cpu": "b"}, ["one"])  # nothing was measured yet
    results.save("one", [row("one")], {"cpu": "a", "numpy": "2"})
    results.check_machine({"cpu": "a", "numpy": "2"}, ["one"])
    results.check_machine({"cpu": "b", "numpy": "2"}, ["two"])  # nothing stays
    with pytest.raises(InputError, match=r"results\.csv: its cpu is a, here it is b; run all"):
        results.check_machine({"cpu": "b", "numpy": "2"}, ["one"])


def test_the_table_says_what_was_met():
    rows = [row("one", competitor=OURS), row("one", ratio=0.5, aim=0.6), row("one", ratio=0.7, aim=0.6), row("two")]
    lines = markdown(to_table(rows), "one").splitlines()
    assert lines[2:] == [
        "| w | this project | 1 s | 0.5 – 2 | 3 |  |  |  |",
        "| w | peer | 1 s | 0.5 – 2 | 3 | 0.5 | ≤ 0.6 | yes |",
        "| w | peer | 1 s | 0.5 – 2 | 3 | 0.7 | ≤ 0.6 | **no** |",
    ]
    assert markdown(to_table(rows), "three") == "*Not measured yet.*"


def test_the_page_lists_the_aims_that_were_missed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.save("b", [row("b", ratio=0.5, aim=0.6), row("b", ratio=0.7), row("b", competitor=OURS)], {})
    assert aims(results.read()) == "1 of 1 aims are met."
    results.save("c", [row("c", what="training", ratio=0.71234, aim=0.6)], {})
    assert aims(results.read()).splitlines() == [
        "1 of 2 aims are met. Missed:",
        "",
        "- training, against peer: 0.712, aim 0.6",
    ]


def test_a_missed_aim_says_what_the_floor_would_reach():
    rows = [row("dnn", ratio=0.7, aim=0.6, median=2.0), row("dnn", competitor="np.dot of the same shapes", median=1.5)]
    rows += [row("dnn", what="other", competitor="np.dot of the same shapes", ratio=2.0, aim=1.5)]
    assert aims(to_table(rows)).splitlines()[2:] == [
        "- w, against peer: 0.7, aim 0.6; np.dot of the same shapes would reach 0.75",
        "- other, against np.dot of the same shapes: 2, aim 1.5",
    ]


def test_every_floor_on_the_page_is_one_that_was_raced():
    assert FLOORS["dnn"] in dnn.PRODUCTS
    assert FLOORS["crop"] in crop.PILLOW
    assert FLOORS["pipeline"] in pipeline.BARE_STAGES


@pytest.mark.parametrize(("gpu", "said"), [(NO_GPU, True), ("a fast one", False)])
def test_the_page_says_that_there_was_no_gpu(gpu, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.save("cnn", [row("cnn")], {"GPU": gpu})
    write_page()
    assert ("No GPU was measured" in Path("docs/benchmarks.md").read_text()) == said


def test_the_products_of_an_epoch_are_those_of_the_network():
    rng, taken = np.random.default_rng(0), []
    inputs, tests = rng.random((50, 6), np.float32), rng.random((30, 6), np.float32)

    def dot(a, b, out):
        taken.append((a.shape, b.shape))
        return np.matmul(a, b, out=out)

    epoch = products.bare_products(inputs, tests, [6, 5, 4, 3], 20)
    with patch.object(products.np, "dot", dot):
        epoch()
    forward = [((20, 6), (6, 5)), ((20, 5), (5, 4)), ((20, 4), (4, 3))]
    backward = [((4, 20), (20, 3)), ((20, 3), (3, 4)), ((5, 20), (20, 4)), ((20, 4), (4, 5)), ((6, 20), (20, 5))]
    assert taken[:8] == forward + backward
    assert len(taken) == 3 * 8 + 2 * 3  # batches of 20, 20 and 10; all training and all test rows at once
    assert taken[16:19] == [((10, 6), (6, 5)), ((10, 5), (5, 4)), ((10, 4), (4, 3))]


def test_the_floor_counts_the_steps_that_the_network_takes():
    labels = torch.tensor([0] * 50 + [1] * 7 + [2] * 20)
    faces = Faces(torch.zeros(77, 3, 28, 28), labels, ("bad", "good", "none"), ("photo",) * 77)
    plain = CnnVariant.model_validate(cnn_variant(epochs=3, batch_size=32))
    assert floors.steps_of(plain, faces) == 9
    rounds = CnnVariant.model_validate(cnn_variant(epochs=3, batch_size=20, resample_rounds=4))
    assert floors.steps_of(rounds, faces) == 4 * 3 * 2
    members = ResidualVariant.model_validate(residual_variant(images=100, batch_size=16, members=3))
    assert floors.steps_of(members, faces) == 3 * 6
    assert floors.sides_of(plain, faces) == floors.sides_of(members, faces) == [(28, 1.0)]
    phases = [{"share": 0.5, "side": 12}, {"share": 0.25, "side": 16}]
    grown = ResidualVariant.model_validate(residual_variant(side=20, progressive=phases))
    assert floors.sides_of(grown, faces) == [(12, 0.5), (16, 0.25), (20, 0.25)]


def test_the_whole_is_compared_with_the_sum_of_the_floors():
    seconds = {"train_dnn@a": 6.0, "train_dnn@b": 3.0, "audit_faces": 2.0, "between": 1.0}
    rows = pipeline.whole("all", seconds, {"train_dnn": 6.0, "start": 2.0}, real=True)
    found = [(one.what, one.competitor, one.median, one.ratio) for one in rows]
    assert found == [
        ("all", OURS, 12, None),
        ("all", pipeline.FLOOR, 8, 1.5),
        ("all", pipeline.LIMIT, 480, 12 / 480),
        ("of it train_dnn", OURS, 9, None),
        ("of it train_dnn", "its floor", 6, 1.5),
        ("of it audit_faces", OURS, 2, None),
        ("of it DVC between stages", OURS, 1, None),
    ]
    assert [one.met for one in rows[:3]] == [None, True, True]


def test_the_page_reads_the_csv_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [row("dnn", competitor=OURS), row("dnn", ratio=0.7, aim=0.6)]
    results.save("dnn", rows, {"processor": "a fast one"})
    write_page()
    page = Path("docs/benchmarks.md").read_text()
    assert markdown(to_table(rows), "dnn") in page
    assert "- processor: a fast one\n" in page


def test_every_benchmark_has_its_place_on_the_page():
    template = (PROJECT / "benchmarks/page.md.j2").read_text()
    for name in benchmarks.NAMES:
        assert f"{{{{ table('{name}') }}}}" in template


# These run the stages, over a minute in all: by `pytest -m bench` alone, after a change to them.
LONG = {"pipeline", "start", "growth"}
MARKS = [pytest.mark.slow, pytest.mark.bench]


@pytest.mark.parametrize("name", [pytest.param(n, marks=MARKS if n in LONG else []) for n in benchmarks.NAMES])
def test_every_benchmark_runs_in_its_smallest_form(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITS", raising=False)
    monkeypatch.delenv("MIRROR", raising=False)
    benchmarks.measure([name], tiny=True)
    if "left out" in capsys.readouterr().out:
        return
    table = results.read()
    assert set(table["benchmark"]) == {name}
    for _, one in table.groupby("what"):
        assert one["competitor"].tolist()[0] == OURS
        assert (one["minimum"] <= one["median"]).all()
        assert (one["minimum"] > 0).all()


def test_an_unknown_name_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = benchmarks.argparse.Namespace(names=["dnm"], page=False)
    with pytest.raises(InputError, match="no such benchmark: dnm; there are dnn"):
        benchmarks.main(arguments)


def test_memory_is_of_the_process_measured_and_not_of_the_one_that_measures(tmp_path):
    held = np.ones(300 * 2**20, np.uint8)
    small = growth.run(tmp_path, ("-c", "pass"))[1]
    large = growth.run(tmp_path, ("-c", "held = b'x' * (100 * 2**20)"))[1]
    assert small < 60 < held.nbytes / 2**20
    assert 95 < large - small < 130
