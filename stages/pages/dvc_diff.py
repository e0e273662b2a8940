"""What DVC says differs between revisions: the output of its own commands, and its errors in one line."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.commands import DvcError, dvc_json
from stages.errors import InputError
from stages.pages.revisions import check_repository, is_shallow

WORKSPACE = "workspace"
# Changes of one revision: file -> key -> {"old": …, "new": …, "diff": …}.
Changes = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Difference:
    """What DVC printed about revisions.

    Attributes:
        old: what the others are compared with.
        new: the others; ``workspace`` alone where one revision was given.
        params: by the names in ``new``.
        metrics: by the names in ``new``.
        plots: DVC's plots over all revisions: name -> drawings and pictures.
        plot_errors: what DVC could not draw.
    """

    old: str
    new: list[str]
    params: dict[str, Changes]
    metrics: dict[str, Changes]
    plots: dict[str, list[dict[str, Any]]]
    plot_errors: list[dict[str, Any]]

    @property
    def revisions(self) -> list[str]:
        """All of them, the old one first."""
        return [self.old, *self.new]


def read_difference(revisions: Sequence[str], pictures: str | Path) -> Difference:
    """Ask ``dvc params diff``, ``dvc metrics diff`` and ``dvc plots diff``.

    Args:
        revisions: one, compared with the workspace; or several, the first compared with each of the others.
        pictures: folder into which DVC copies the pictures of all revisions.

    Raises:
        InputError: no Git repository, an unknown revision, or another error of DVC.
    """
    check_repository()
    doubled = next((name for i, name in enumerate(revisions) if name in revisions[:i]), None)
    if doubled:
        raise InputError(f"{doubled}: given twice; compare different revisions")
    old, new = revisions[0], list(revisions[1:]) or [WORKSPACE]
    asked = [("plots", revisions)]
    asked += [(kind, [old] if name == WORKSPACE else [old, name]) for kind in ("params", "metrics") for name in new]
    # Each command takes seconds, most of them for loading DVC.
    with ThreadPoolExecutor(max_workers=3) as pool:
        plots, *changes = pool.map(lambda one: _diff(one[0], one[1], pictures), asked)
    params, metrics = (dict(zip(new, part, strict=True)) for part in (changes[: len(new)], changes[len(new) :]))
    return Difference(old, new, params, metrics, plots.get("data", {}), plots.get("errors", []))


def _diff(kind: str, revisions: Sequence[str], pictures: str | Path) -> dict[str, Any]:
    """Return what ``dvc <kind> diff --json`` printed."""
    where = ["--out", str(pictures)] if kind == "plots" else []
    try:
        return dvc_json(f"{kind} diff", *where, "--", *revisions)
    except DvcError as error:
        raise InputError(_advise(error.reason, kind)) from None


def _advise(reason: str, kind: str) -> str:
    """DVC's error with what to do."""
    if "unknown Git revision" not in reason:
        return f"dvc {kind} diff: {reason}"
    advice = "see `git log`, `git tag` and `dvc exp show` for those that there are"
    if is_shallow():
        advice = "this clone is shallow: fetch the older commits with `git fetch --unshallow`"
    return f"{reason.removeprefix('unknown Git revision ')}: no such revision or experiment; {advice}"
