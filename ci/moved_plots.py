"""Plots that moved, drawn to PNG without a network: a comment on a pull request cannot hold a chart."""

from pathlib import Path
from typing import Any

import vl_convert

from stages.commands import dvc_json
from stages.files import write_bytes

# A comment with a picture a file would bury its tables; the comparison page has all of them.
MOST_PICTURES = 12


def draw_moved(base: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Draw every plot of ``dvc plots diff`` whose points differ from the base.

    Args:
        base: the revision that the workspace is compared with.
        folder: where the PNG files go.

    Returns:
        The files, at most 12, and the names of the moved plots that were left out.
    """
    plots = dvc_json("plots diff", base)["data"]
    # The tables over all variants first: they say most.
    moved = sorted((name for name, plot in plots.items() if _moved(plot)), key=lambda name: (name.count("/"), name))
    files = []
    for name in moved[:MOST_PICTURES]:
        file = folder / f"{name.replace('/', '-')}.png"
        spec = plots[name][0]["content"]
        write_bytes(file, vl_convert.vegalite_to_png(spec, scale=1.5))
        files.append(file)
    return files, moved[MOST_PICTURES:]


def _moved(plot: list[dict[str, Any]]) -> bool:
    """Whether a Vega-Lite plot has other points in one revision than in the other."""
    if not plot or plot[0]["type"] != "vega":
        return False
    by_revision: dict[str, list[dict[str, Any]]] = {name: [] for name in plot[0]["revisions"]}
    for point in plot[0]["content"]["data"]["values"]:
        values = {key: value for key, value in point.items() if key not in ("rev", "filename", "field")}
        by_revision.setdefault(point["rev"], []).append(values)
    first, *others = by_revision.values()
    return not others or any(points != first for points in others)
