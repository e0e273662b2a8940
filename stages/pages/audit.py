"""What the audits of faces and digits found, for the report."""

from pathlib import Path
from typing import Any

from stages.pages.page import data_uri
from stages.pages.tables import Cell, Table, number
from stages.pages.workspace import read_json_if_there

SIDES = ("train", "test", "across")
# By data: the title, what a sample is called, and the pictures with what they show.
AUDITS = {
    "digits": ("Digits", "digits", {"audit": "Duplicates in pairs, and labels that all nearest neighbours deny"}),
    "faces": (
        "Faces",
        "photos",
        {
            "audit": "Sizes of the faces and faces on one photo, by class",
            "duplicates": "Duplicate photos side by side, those across the split first",
        },
    ),
}


def audit_sections() -> list[dict[str, Any]]:
    """Title, tables and pictures of each audit that has run."""
    return [
        _section(data, *about, counts)
        for data, about in AUDITS.items()
        if (counts := read_json_if_there(Path(f"metrics/{data}/audit.json")))
    ]


def _section(data: str, title: str, what: str, pictures: dict[str, str], counts: dict[str, Any]) -> dict[str, Any]:
    uris = {name: data_uri(f"metrics/{data}/{name}.png") for name in pictures}
    tables = [_pair_table(what, counts["duplicate_pairs"]), _finding_table(title, what, counts)]
    if data == "faces":
        tables.append(_size_table(counts["classes"]))
    shown = [
        {"summary": f"{title}: {name}", "uri": uris[name], "alt": alt} for name, alt in pictures.items() if uris[name]
    ]
    return {"title": title, "tables": tables, "pictures": shown}


def _pair_table(what: str, pairs: dict[str, dict[str, int]]) -> Table:
    rows = [(kind, [Cell(number(sides[side])) for side in SIDES]) for kind, sides in pairs.items()]
    return Table(f"Pairs of duplicate {what}", "kind", ["within train", "within test", "across the split"], rows)


def _finding_table(title: str, what: str, counts: dict[str, Any]) -> Table:
    """Every other count but those by class; nested names are joined."""
    found = {f"{what} left out of training": counts["left_out"][what]}
    for key, value in counts["leak"].items():
        side, things = key.split("_")
        of = value if isinstance(value, dict) else {"all": value}
        other = {"train": "test", "test": "train"}[side]
        for name, n in of.items():
            label = f" ({name.removeprefix('of_')})" if name != "all" else ""
            found[f"{side} {things} with a duplicate in {other}{label}"] = n
    for key, value in counts["labels"].items():
        of = value.items() if isinstance(value, dict) else [("", value)]
        found |= {" ".join(["labels:", *key.split("_"), name]).strip(): n for name, n in of}
    return Table(f"{title}: leaks and labels", "what", ["number"], [(k, [Cell(number(n))]) for k, n in found.items()])


def _size_table(classes: dict[str, dict[str, dict[str, float]]]) -> Table:
    first = next(iter(next(iter(classes.values())).values()))
    rows = [
        (f"{split}, {label}", [Cell(f"{value:,.10g}") for value in figures.values()])
        for split, labels in classes.items()
        for label, figures in labels.items()
    ]
    return Table("Faces by class; sides in pixels", "class", [name.replace("_", " ") for name in first], rows)
