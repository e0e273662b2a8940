"""DVC's plots as the page draws them: the same data and marks, in colours and dashes that everybody can tell apart."""

import copy
from typing import Any

import numpy as np

from stages.pages.charts import COLOURS, DASHES
from stages.pages.tables import Table, confusion_table

# There is no epoch 1.5.
WHOLE_NUMBERS = ("epoch", "seed")


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
    found = {revision: rows for revision in revisions if (rows := points(drawing, revision))}
    classes = sorted({row[key] for rows in found.values() for row in rows for key in ("actual", "predicted")})
    place = {name: i for i, name in enumerate(classes)}
    tables = []
    for revision, rows in found.items():
        matrix = np.zeros((len(classes), len(classes)))
        for row in rows:
            matrix[place[row["actual"]], place[row["predicted"]]] += 1
        tables.append(confusion_table(f"{title}, {revision}", matrix, classes))
    return tables


def adapt(content: dict[str, Any], revisions: list[str]) -> tuple[dict[str, Any], str]:
    """Return a copy of DVC's specification that fits the page, and its title.

    The width follows the page (panels side by side keep theirs), zooming by the wheel is left out, since it
    keeps the reader from scrolling on, and so are sliders; data, marks and encodings stay as DVC has them.
    """
    spec = copy.deepcopy(content)
    title = spec.pop("title", "")
    title = title.get("text", "") if isinstance(title, dict) else title
    spec["description"] = str(title)
    encoding = spec.get("encoding", {})
    if not any(encoding.get(name) for name in ("row", "column", "facet")) and "facet" not in spec:
        spec |= {"width": "container", "height": 260}
    _walk(spec, revisions)
    if encoding.get("strokeDash") == {}:
        encoding["strokeDash"] = {"field": "rev", "type": "nominal", "title": "revision", "scale": _dashes(revisions)}
    return spec, str(title)


def _dashes(revisions: list[str]) -> dict[str, Any]:
    return {"domain": revisions, "range": [list(DASHES[i % len(DASHES)]) for i in range(len(revisions))]}


def _walk(node: Any, revisions: list[str]) -> None:
    """Mend every part of a specification below ``node``."""
    if isinstance(node, list):
        for each in node:
            _walk(each, revisions)
    elif isinstance(node, dict):
        _mend(node, revisions)
        for key, each in node.items():
            if key != "values":
                _walk(each, revisions)


def _mend(node: dict[str, Any], revisions: list[str]) -> None:
    """Mend the parameters, colours, dashes and axis that stand in this part itself."""
    if isinstance(node.get("params"), list):
        node["params"] = [param for param in node["params"] if param.get("bind") != "scales"]
        for param in node["params"]:
            if isinstance(param.get("bind"), dict):
                del param["bind"]
    colour, dash, x = (node.get(name) for name in ("color", "strokeDash", "x"))
    if isinstance(colour, dict) and "scale" in colour:
        if colour.get("field") == "rev":
            colours = [COLOURS[i % len(COLOURS)] for i in range(len(revisions))]
            colour |= {"title": "revision", "scale": {"domain": revisions, "range": colours}}
        elif "scheme" in colour["scale"]:
            colour["scale"] = {"range": list(COLOURS)}
    if isinstance(dash, dict) and dash.get("field") == "rev":
        dash["scale"] = _dashes(revisions)
    if isinstance(x, dict) and x.get("field") in WHOLE_NUMBERS:
        x["axis"] = {"tickMinStep": 1}
