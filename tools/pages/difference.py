"""What DVC says differs between revisions: the output of its own commands, and its errors in one line."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.runtime.errors import InputError
from tools.dvc import DvcError, dvc_json, git, is_shallow

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
        details: revision -> file of metrics.json -> content of the details.json beside it, of every file that moved.
    """

    old: str
    new: list[str]
    params: dict[str, Changes]
    metrics: dict[str, Changes]
    plots: dict[str, list[dict[str, Any]]]
    plot_errors: list[dict[str, Any]]
    details: dict[str, dict[str, Any]]

    @property
    def revisions(self) -> list[str]:
        """All of them, the old one first."""
        return [self.old, *self.new]

    def comparable(self, revision: str, file: str) -> bool:
        """Whether the figures in ``file`` were measured on the same test samples as the old revision's."""
        samples = [self.details[name].get(file, {}).get("data", {}).get("test_sha256") for name in (self.old, revision)]
        return None in samples or samples[0] == samples[1]


def read_difference(revisions: Sequence[str], pictures: str | Path) -> Difference:
    """Ask ``dvc params diff``, ``dvc metrics diff`` and ``dvc plots diff``.

    Args:
        revisions: one, compared with the workspace; or several, the first compared with each of the others.
        pictures: folder into which DVC copies the pictures of all revisions.

    Raises:
        InputError: no Git repository, an unknown revision, or another error of DVC.
    """
    if git("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise InputError("no Git repository with a commit, so there are no revisions to compare; `git commit` a run")
    if len(set(revisions)) < len(revisions):
        raise InputError("a revision is given twice; compare different ones")
    old, new = revisions[0], list(revisions[1:]) or [WORKSPACE]
    asked = [("plots", revisions)]
    asked += [(kind, [old] if name == WORKSPACE else [old, name]) for kind in ("params", "metrics") for name in new]
    # Each command takes seconds, most of them for loading DVC.
    with ThreadPoolExecutor(max_workers=3) as pool:
        plots, *changes = pool.map(lambda one: _diff(one[0], one[1], pictures), asked)
    params, metrics = (dict(zip(new, part, strict=True)) for part in (changes[: len(new)], changes[len(new) :]))
    moved = {file for each in metrics.values() for file in each if file.endswith("/metrics.json")}
    details = {revision: _read_details(revision, moved) for revision in [old, *new]}
    return Difference(old, new, params, metrics, plots.get("data", {}), plots.get("errors", []), details)


def _diff(kind: str, revisions: Sequence[str], pictures: str | Path) -> dict[str, Any]:
    """Return what ``dvc <kind> diff --json`` printed."""
    where = ["--out", str(pictures)] if kind == "plots" else []
    try:
        return dict(sorted(dvc_json(f"{kind} diff", *where, "--", *revisions).items()))  # DVC's order is that of a set
    except DvcError as error:
        if "unknown Git revision" not in error.reason:
            raise
        advice = "see `git log`, `git tag` and `dvc exp show` for those that there are"
        if is_shallow():
            advice = "this clone is shallow: fetch the older commits with `git fetch --unshallow`"
        name = error.reason.removeprefix("unknown Git revision ")
        raise InputError(f"{name}: no such revision or experiment; {advice}") from None


def _read_details(revision: str, files: set[str]) -> dict[str, Any]:
    """The details of one revision: whose samples, and the intervals. Revisions older than the files have none.

    They lie in Git, as the metrics do, and DVC would take seconds to find them there.
    """
    found, commit = {}, None if revision == WORKSPACE else commit_of(revision)
    for file in files:
        path = file.replace("metrics.json", "details.json")
        if revision == WORKSPACE:
            text = Path(path).read_text(encoding="utf-8") if Path(path).exists() else None
        else:
            text = git("show", f"{commit}:./{path}")
        if text:
            found[file] = json.loads(text)
    return found


def commit_of(revision: str) -> str | None:
    """Return the commit of a branch, tag, commit or experiment of DVC's, by its name; None where there is none."""
    if commit := git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        return commit
    # DVC keeps an experiment as refs/exps/<first two digits of its base>/<the others>/<name>.
    return git("for-each-ref", "--format=%(objectname)", "--count=1", f"refs/exps/*/*/{revision}") or None
