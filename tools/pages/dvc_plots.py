"""DVC's plots as the page draws them: the same data and marks, in colours and dashes that everybody can tell apart."""

import copy
from typing import Any

import pandas as pd

from tools.pages.colours import COLOURS, DASHES
from tools.pages.tables import Table, confusion_table


def points(drawing: dict[str, Any], revision: str) -> list[dict[str, Any]]:
    """The data of one revision, without its name."""
    rows = drawing["content"]["data"]["values"]
    return [{key: value for key, value in row.items() if key != "rev"} for row in rows if row["rev"] == revision]


def has_changed(drawing: dict[str, Any], revisions: list[str]) -> bool:
    """Whether not all revisions have the same data."""
    first, *others = [points(drawing, revision) for revision in revisions]
    return any(first != other for other in others)


def is_confusion(drawing: dict[str, Any]) -> bool:
    """Whether the data are a row a sample with its actual and predicted class."""
    rows = drawing["content"]["data"]["values"]
    return bool(rows) and {"actual", "predicted"} <= rows[0].keys()


def confusion_tables(title: str, drawing: dict[str, Any], revisions: list[str]) -> list[Table]:
    """The confusion matrix of every revision that has one, over the same classes."""
    rows = {revision: pd.DataFrame(found) for revision in revisions if (found := points(drawing, revision))}
    classes = sorted({label for each in rows.values() for key in ("actual", "predicted") for label in each[key]})
    return [confusion_table(f"{title}, {revision}", each, classes) for revision, each in rows.items()]


def adapt(content: dict[str, Any], revisions: list[str]) -> tuple[dict[str, Any], str]:
    """Return a copy of DVC's specification that fits the page, and its title.

    The width follows the page (panels side by side keep theirs), and zooming by the wheel is left out, since it keeps
    the reader from scrolling on; data, marks and encodings stay as DVC has them.
    """
    spec = copy.deepcopy(content)
    title = spec.pop("title", "")
    title = str(title.get("text", "") if isinstance(title, dict) else title)
    spec["description"] = title
    encoding = spec.get("encoding", {})
    if "facet" not in spec and not any(encoding.get(name) for name in ("row", "column", "facet")):
        spec["width"] = "container"
        if not isinstance(spec.get("height"), dict):
            spec["height"] = 260
    _restyle(spec, revisions)
    return spec, title


def _restyle(part: dict[str, Any], revisions: list[str]) -> None:
    """Leave out zooming by the wheel and sliders, and give revisions and variants our colours and dashes."""
    for layer in part.get("layer", []):
        _restyle(layer, revisions)
    part["params"] = [param for param in part.get("params", []) if param.get("bind") != "scales"]
    for param in part["params"]:
        if isinstance(param.get("bind"), dict):  # a slider: its value stays what it is at first
            del param["bind"]
    encoding = part.get("encoding", {})
    colour, dash = encoding.get("color"), encoding.get("strokeDash")
    if colour and colour.get("field") == "rev":
        colours = [COLOURS[i % len(COLOURS)] for i in range(len(revisions))]
        colour |= {"title": "revision", "scale": {"domain": revisions, "range": colours}}
    elif colour and "scheme" in colour.get("scale", {}):
        colour["scale"] = {"range": list(COLOURS)}
    if dash is not None and dash.get("field", "rev") == "rev":
        dashes = {"domain": revisions, "range": [DASHES[i % len(DASHES)] for i in range(len(revisions))]}
        encoding["strokeDash"] = {"field": "rev", "type": "nominal", "title": "revision", "scale": dashes}
