"""Rerun what changed and report the difference to a base: what CI does on a pull request, without GitHub.

Usage: python -m tools.rerun --base origin/main
"""

import argparse
import re
from pathlib import Path
from typing import Any

import vl_convert

from stages.runtime import command
from stages.runtime.errors import InputError
from stages.storage.files import write_bytes, write_text
from tools.dvc import dvc_json, git, is_shallow, repro
from tools.templates import render

# What DVC prints about a stage, and our word for it.
OUTCOMES = (
    (re.compile(r"^Running stage '([^']+)'"), "ran"),
    (re.compile(r"^Stage '([^']+)' is cached - skipping run"), "from the cache"),
    (re.compile(r"^Stage '([^']+)' didn't change, skipping"), "unchanged"),
    (re.compile(r"^ERROR: failed to reproduce '([^']+)'"), "failed"),
)
# What a reader looks at first; everything else that moved is one click away.
HEADLINES = ("test.accuracy", "test.balanced_accuracy", "test.macro_f1")
# A comment with a picture a file would bury its tables; the comparison page has all of them.
MOST_PICTURES = 12


def main(arguments: argparse.Namespace) -> None:
    """Find the base, run ``dvc repro``, write ``report.md`` and the plots that moved, and print the report.

    Raises:
        InputError: the base is unknown, or a stage failed.
    """
    base, message = find_base(arguments.base)
    status, log = repro()
    outcomes = read_outcomes(log)
    if status != 0:
        failed = ", ".join(outcomes.get("failed", []))
        raise InputError(f"dvc repro failed{' in ' + failed if failed else ''}; its reason stands above")
    params = rows_of(dvc_json("params diff", base)) if base else []
    metrics = rows_of(dvc_json("metrics diff", base)) if base else []
    pictures, left_out = draw_moved(base, arguments.out / "plots") if base else ([], [])
    text = render(
        Path(__file__).with_name("rerun.md.j2"),
        message=message,
        base=base,
        outcomes=outcomes,
        params=params,
        headlines=[row for row in metrics if row["name"].endswith(HEADLINES)],
        metrics=metrics,
        pictures=[picture.relative_to(arguments.out) for picture in pictures],
        left_out=left_out,
        uncommitted=(git("status", "--porcelain", "dvc.lock", "metrics") or "").splitlines(),
    )
    write_text(arguments.out / "report.md", text)
    print(f"\n{text}\nWritten to {arguments.out / 'report.md'}")


def find_base(name: str) -> tuple[str | None, str]:
    """Find what the rerun is compared with: a branch, tag or commit; or say why there is nothing to compare with.

    Raises:
        InputError: there is a history, it is complete, and ``name`` is not in it.
    """
    if git("rev-parse", "--git-dir") is None:
        return None, "No comparison: this folder is no Git repository."
    commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit is not None:
        if git("cat-file", "-e", f"{commit}:dvc.yaml") is None:
            return None, f"No comparison: {name} ({commit[:9]}) has no dvc.yaml, everything is new."
        return name, f"Compared with {name} ({commit[:9]})."
    if is_shallow():
        return None, (
            f"No comparison: {name} is not in this shallow clone. Fetch it with `git fetch --unshallow` "
            "(`fetch-depth: 0` in a workflow)."
        )
    if git("rev-parse", "--verify", "--quiet", "HEAD~1") is None or set(name) == {"0"}:
        return None, f"No comparison: there is no {name} yet, this is the first commit."
    raise InputError(f"{name}: no such branch, tag or commit; fetch it, or name another base")


def read_outcomes(log: str) -> dict[str, list[str]]:
    """The stages by what ``dvc repro`` did with them, read from what it printed; none where all were up to date."""
    outcomes: dict[str, str] = {}
    for line in log.splitlines():
        for pattern, outcome in OUTCOMES:
            if found := pattern.match(line.strip()):
                outcomes[found[1]] = outcome
    return {
        what: [stage for stage, one in outcomes.items() if one == what] for what in dict.fromkeys(outcomes.values())
    }


def rows_of(difference: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    """A row a value that DVC says moved: ``file, name, old, new, change``."""

    def word(value: Any) -> str:
        return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)

    rows = []
    for file, values in sorted(difference.items()):
        for name, value in sorted(values.items()):
            change = value.get("diff")
            row = {"file": file, "name": name, "old": word(value.get("old")), "new": word(value.get("new"))}
            rows.append(row | {"change": f"{change:+.6g}" if isinstance(change, (int, float)) else ""})
    return rows


def draw_moved(base: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Draw every plot of ``dvc plots diff`` whose points differ from the base: a comment cannot hold a chart.

    Returns:
        The PNG files, at most 12, tables over all variants first; and the names of the moved plots that were left out.
    """
    plots = dvc_json("plots diff", base)["data"]
    moved = sorted((name for name, plot in plots.items() if has_moved(plot)), key=lambda name: (name.count("/"), name))
    files = []
    for name in moved[:MOST_PICTURES]:
        file = folder / f"{name.replace('/', '-')}.png"
        write_bytes(file, vl_convert.vegalite_to_png(plots[name][0]["content"], scale=1.5))
        files.append(file)
    return files, moved[MOST_PICTURES:]


def has_moved(plot: list[dict[str, Any]]) -> bool:
    """Whether a Vega-Lite plot has other points in one revision than in the other."""
    if not plot or plot[0]["type"] != "vega":
        return False
    by_revision: dict[str, list[dict[str, Any]]] = {name: [] for name in plot[0]["revisions"]}
    for point in plot[0]["content"]["data"]["values"]:
        values = {key: value for key, value in point.items() if key not in ("rev", "filename", "field")}
        by_revision.setdefault(point["rev"], []).append(values)
    first, *others = by_revision.values()
    return not others or any(points != first for points in others)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="HEAD", help="branch, tag or commit to compare with (default: HEAD)")
    parser.add_argument("--out", type=Path, default=Path("rerun"), help="folder of the report (default: rerun)")
    command.run(main, parser)
