"""The page on the difference between revisions or experiments, as DVC tells it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.pages.dvc_diff import Changes, Difference, read_difference
from stages.pages.dvc_plots import adapt, confusion_tables, has_changed, is_confusion
from stages.pages.headlines import HEADLINES, high_is_good, short_name
from stages.pages.page import data_uri, write_page
from stages.pages.tables import Cell, Table, value_text


def write_comparison(path: str | Path, revisions: Sequence[str]) -> None:
    """Write the page: one revision against the workspace, or the first of several against the others.

    Args:
        path: of the page.
        revisions: names of commits, branches, tags or experiments.

    Raises:
        InputError: as :func:`stages.pages.dvc_diff.read_difference`.
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
        params=change_tables("Parameters", difference.params, difference),
        headlines=headline_table(difference),
        metrics=change_tables("All figures that moved in", difference.metrics, difference),
        confusions=_confusions(changed, difference.revisions),
        charts=[adapt(one["content"], difference.revisions) for one in changed.values() if not is_confusion(one)],
        pictures={name: pictures[name] for name in shown},
        same=[name for name in difference.plots if name not in {*changed, *shown, *broken}],
        errors=[_plot_error(error) for error in difference.plot_errors],
    )


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
        uris = {one["revisions"][0]: data_uri(one["url"]) for one in entries if one["type"] == "image"}
        if uris:
            side = {revision: uris.get(revision) for revision in difference.revisions}
            found[name] = side if len(set(side.values())) > 1 else None
    return found


def _plot_error(error: dict[str, Any]) -> str:
    return f"{error.get('name', '?')} of {error.get('rev', '?')}: {error.get('msg', 'cannot be drawn')}"


def signed(change: dict[str, Any] | None) -> str:
    """The change with its sign, ``new`` or ``gone``, or nothing where there is none to compute."""
    if not change:
        return "same"
    if change.get("diff") is not None:
        step = change["diff"]
        return ("+" if step > 0 else "") + value_text(step)
    return "new" if change.get("old") is None else "gone" if change.get("new") is None else "changed"


def verdict(key: str, change: dict[str, Any] | None) -> str:
    """``better`` or ``worse`` where it can be said, else nothing."""
    step, high = (change or {}).get("diff"), high_is_good(key)
    if not step or high is None:
        return ""
    return "better" if (step > 0) == high else "worse"


def change_tables(caption: str, changes: dict[str, Changes], difference: Difference) -> list[Table]:
    """A table a file: every key that moved, its old value, and the new value and change of each revision."""
    files = dict.fromkeys(file for one in changes.values() for file in one)
    heads = [difference.old, *(head for name in difference.new for head in (name, f"change in {name}"))]
    tables = []
    for file in files:
        keys = {key for one in changes.values() for key in one.get(file, {})}
        found = {key: [one.get(file, {}).get(key) for one in changes.values()] for key in order(keys)}
        rows = [(key, _change_cells(key, each)) for key, each in found.items()]
        tables.append(Table(f"{caption} {file}", "key", heads, rows))
    return tables


def order(keys: set[str]) -> list[str]:
    """Headlines first, then test before train before deviations, and by name."""
    rank = {key: i for i, key in enumerate(HEADLINES)}
    tops = {"test": 0, "train": 1, "std": 2}
    return sorted(keys, key=lambda key: (rank.get(key, len(rank)), tops.get(key.split(".")[0], 3), key))


def _change_cells(key: str, found: list[dict[str, Any] | None]) -> list[Cell]:
    # A revision that does not differ is absent from DVC's output; the old value is that of any other.
    old = value_text(next(change for change in found if change).get("old"))
    cells = [Cell(old)]
    for change in found:
        cells.append(Cell(value_text(change.get("new")) if change else old))
        cells.append(Cell(signed(change), verdict(key, change)))
    return cells


def headline_table(difference: Difference) -> Table:
    """The main test figures that moved: a row a variant and revision."""
    rows = []
    for revision, files in difference.metrics.items():
        for file, changes in files.items():
            if any(key in changes for key in HEADLINES):
                name = short_name(file) + (f", {revision}" if len(difference.new) > 1 else "")
                rows.append((name, [_headline_cell(key, changes.get(key)) for key in HEADLINES]))
    heads = [key.replace(".", " ").replace("_", " ") for key in HEADLINES]
    caption = f"Test figures that moved, from {difference.old} to {' / '.join(difference.new)}"
    return Table(caption, "variant", heads, rows)


def _headline_cell(key: str, change: dict[str, Any] | None) -> Cell:
    small = f"{value_text(change.get('old'))} → {value_text(change.get('new'))}" if change else ""
    return Cell(signed(change), verdict(key, change), small=small)
