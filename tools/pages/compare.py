"""The page on the difference between revisions or experiments, as DVC tells it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.pages.difference import Changes, Difference, read_difference
from tools.pages.dvc_plots import adapt, confusion_tables, has_changed, is_confusion
from tools.pages.page import data_uri, write_page
from tools.pages.tables import Cell, Table, value_text

HEADLINES = ("test.accuracy", "test.balanced_accuracy", "test.macro_f1", "test.error_rate", "test.loss")


def write_comparison(path: str | Path, revisions: Sequence[str]) -> None:
    """Write the page: one revision against the workspace, or the first of several against the others.

    Args:
        path: of the page.
        revisions: names of commits, branches, tags or experiments.

    Raises:
        InputError: as :func:`tools.pages.difference.read_difference`.
    """
    with tempfile.TemporaryDirectory() as folder:
        difference = read_difference(revisions, folder)
        pictures = _pictures(difference)
    plots = {name: found for name, one in difference.plots.items() if (found := _drawing(one))}
    changed = {name: one for name, one in plots.items() if has_changed(one, difference.revisions)}
    shown = [name for name, uris in pictures.items() if uris is not None]
    broken = [error.get("name") for error in difference.plot_errors]
    write_page(
        path,
        "compare.html.j2",
        difference=difference,
        unlike=unlike(difference),
        params=change_tables("Parameters", difference.params, difference),
        headlines=headline_table(difference),
        metrics=change_tables("All figures that moved in", difference.metrics, difference),
        confusions=_confusions(changed, difference.revisions),
        charts=[adapt(one["content"], difference.revisions)[0] for one in changed.values() if not is_confusion(one)],
        pictures={name: pictures[name] for name in shown},
        same=[name for name in difference.plots if name not in {*changed, *shown, *broken}],
        errors=[f"{e.get('name', '?')} of {e.get('rev', '?')}: {e.get('msg', '?')}" for e in difference.plot_errors],
    )


def unlike(difference: Difference) -> list[str]:
    """Variants that were measured on other test samples than in the old revision, so that no figure compares."""
    return [
        short_name(file) + (f", {revision}" if len(difference.new) > 1 else "")
        for revision, files in difference.metrics.items()
        for file in files
        if not difference.comparable(revision, file)
    ]


def short_name(file: str) -> str:
    """``metrics/masks/step_lr/metrics.json`` -> ``masks step_lr``."""
    return file.removeprefix("metrics/").removesuffix("/metrics.json").replace("/", " ")


def _drawing(entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((entry for entry in entries if entry["type"] == "vega"), None)


def _confusions(changed: dict[str, dict[str, Any]], revisions: list[str]) -> list[tuple[str, list[Table]]]:
    """Title and tables, one a revision, of every confusion matrix that changed."""
    found = []
    for one in changed.values():
        if is_confusion(one):
            _, title = adapt(one["content"], revisions)
            found.append((title, confusion_tables(title, one, revisions)))
    return found


def _pictures(difference: Difference) -> dict[str, dict[str, str | None] | None]:
    """The pictures of every revision by plot and revision, or None where all are the same."""
    found: dict[str, dict[str, str | None] | None] = {}
    for name, entries in difference.plots.items():
        files = {one["revisions"][0]: Path(one["url"]) for one in entries if one["type"] == "image"}
        if files:
            sides = [files.get(revision) for revision in difference.revisions]
            differ = len({side and side.read_bytes() for side in sides}) > 1
            # To pack a picture takes a fortieth of a second, and most are the same.
            packed = (side and data_uri(side) for side in sides)
            found[name] = dict(zip(difference.revisions, packed, strict=True)) if differ else None
    return found


def signed(change: dict[str, Any] | None) -> str:
    """The change with its sign, ``new`` or ``gone``, or ``same``."""
    if not change:
        return "same"
    if change.get("diff") is not None:
        return ("+" if change["diff"] > 0 else "") + value_text(change["diff"])
    return "new" if change.get("old") is None else "gone" if change.get("new") is None else "changed"


def verdict(difference: Difference, revision: str, file: str, key: str) -> str:
    """``better`` or ``worse`` where the 95 % intervals of old and new do not overlap, else nothing."""
    if not difference.comparable(revision, file):
        return ""
    parts, name = key.split(".")[:-1], key.rsplit(".", 1)[-1]
    ends = []
    for one in (difference.old, revision):
        interval = difference.details[one].get(file, {}).get("interval", {})
        if parts == ["test", "recall"]:
            interval = interval.get("recall", {})
        elif parts != ["test"]:
            return ""
        # An error rate is what accuracy lacks of 1.
        ends.append(interval.get("accuracy" if name == "error_rate" else name))
    if None in ends:
        return ""
    old, new = ends
    return "better" if new["low"] > old["high"] else "worse" if new["high"] < old["low"] else ""


def change_tables(caption: str, changes: dict[str, Changes], difference: Difference) -> list[Table]:
    """A table a file: every key that moved, its old value, and the new value and change of each revision."""
    heads = [difference.old, *(head for name in difference.new for head in (name, f"change in {name}"))]
    tables = []
    for file in dict.fromkeys(file for one in changes.values() for file in one):
        keys = dict.fromkeys(key for one in changes.values() for key in one.get(file, {}))
        rows = []
        for key in sorted(keys, key=lambda key: (HEADLINES.index(key) if key in HEADLINES else len(HEADLINES), key)):
            found = {name: one.get(file, {}).get(key) for name, one in changes.items()}
            # A revision that does not differ is absent from DVC's output; the old value is that of any other.
            old = value_text(next(change for change in found.values() if change).get("old"))
            cells = [Cell(old)]
            for name, change in found.items():
                cells.append(Cell(value_text(change.get("new")) if change else old))
                cells.append(Cell(signed(change), verdict(difference, name, file, key) if change else ""))
            rows.append((key, cells))
        tables.append(Table(f"{caption} {file}", "key", heads, rows))
    return tables


def headline_table(difference: Difference) -> Table:
    """The main test figures that moved: a row a variant and revision."""
    rows = []
    for revision, files in difference.metrics.items():
        for file, changes in files.items():
            if any(key in changes for key in HEADLINES):
                name = short_name(file) + (f", {revision}" if len(difference.new) > 1 else "")
                rows.append((name, [_headline(difference, revision, file, key, changes.get(key)) for key in HEADLINES]))
    heads = [key.replace(".", " ").replace("_", " ") for key in HEADLINES]
    caption = f"Test figures that moved, from {difference.old} to {' / '.join(difference.new)}"
    return Table(caption, "variant", heads, rows)


def _headline(difference: Difference, revision: str, file: str, key: str, change: dict[str, Any] | None) -> Cell:
    small = f"{value_text(change.get('old'))} → {value_text(change.get('new'))}" if change else ""
    return Cell(signed(change), verdict(difference, revision, file, key) if change else "", small=small)
