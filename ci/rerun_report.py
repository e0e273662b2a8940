"""The comment on a pull request: what ran, which parameters and metrics moved, and how the plots look now."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ci.base import Base
from ci.moved_plots import draw_moved
from stages.commands import dvc_json, git
from stages.files import write_text

FILE = "report.md"
# What a reader looks at first; everything else that moved is one click away.
HEADLINES = ("test.accuracy", "test.balanced_accuracy", "test.macro_f1")


def write_report(folder: Path, base: Base, outcomes: dict[str, str]) -> str:
    """Write ``report.md`` and the pictures it shows into ``folder``; return the text.

    Every number is DVC's: from ``dvc params diff``, ``dvc metrics diff`` and ``dvc plots diff`` against the base.
    """
    params, metrics, pictures, left_out = {}, {}, [], []
    if base.revision:
        params = dvc_json("params diff", base.revision)
        metrics = dvc_json("metrics diff", base.revision)
        pictures, left_out = draw_moved(base.revision, folder / "plots")
    rows = _rows(metrics)
    text = _template().render(
        base=base,
        outcomes=_by_outcome(outcomes),
        params=_rows(params),
        headlines=[row for row in rows if row["name"].endswith(HEADLINES) and not row["name"].startswith("std.")],
        metrics=rows,
        pictures=[picture.relative_to(folder) for picture in pictures],
        left_out=left_out,
        uncommitted=(git("status", "--porcelain", "dvc.lock", "metrics") or "").splitlines(),
    )
    write_text(folder / FILE, text)
    return text


def _template() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("rerun_report.md.j2")


def _by_outcome(outcomes: dict[str, str]) -> dict[str, list[str]]:
    """Turn stage: outcome around."""
    stages: dict[str, list[str]] = {}
    for stage, outcome in outcomes.items():
        stages.setdefault(outcome, []).append(stage)
    return stages


def _rows(difference: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    """A row a value that DVC says moved: ``file, name, old, new, change``."""
    rows = []
    for file, values in sorted(difference.items()):
        for name, value in sorted(values.items()):
            change = value.get("diff")
            row = {"file": file, "name": name, "old": _word(value.get("old")), "new": _word(value.get("new"))}
            rows.append(row | {"change": f"{change:+.6g}" if isinstance(change, (int, float)) else ""})
    return rows


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "–" if value is None else str(value)
