"""What a rerun is compared with: a revision, or a clear reason why there is none."""

from dataclasses import dataclass

from stages.commands import git
from stages.errors import InputError
from stages.pages.revisions import is_shallow


@dataclass(frozen=True)
class Base:
    """``revision`` as the user named it, None where there is nothing to compare with; ``message`` says which."""

    revision: str | None
    message: str


def find_base(name: str) -> Base:
    """Find the base ``name``: a branch, tag or commit.

    Raises:
        InputError: there is a history, it is complete, and ``name`` is not in it.
    """
    if git("rev-parse", "--git-dir") is None:
        return Base(None, "No comparison: this folder is no Git repository.")
    commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit is not None:
        return _described(name, commit)
    if is_shallow():
        return Base(
            None,
            f"No comparison: {name} is not in this shallow clone. "
            "Fetch it with `git fetch --unshallow` (`fetch-depth: 0` in a workflow).",
        )
    if git("rev-parse", "--verify", "--quiet", "HEAD~1") is None or set(name) == {"0"}:
        return Base(None, f"No comparison: there is no {name} yet, this is the first commit.")
    raise InputError(f"{name}: no such branch, tag or commit; fetch it, or name another base")


def _described(name: str, commit: str) -> Base:
    if git("cat-file", "-e", f"{commit}:dvc.yaml") is None:
        return Base(None, f"No comparison: {name} ({commit[:9]}) has no dvc.yaml, everything is new.")
    return Base(name, f"Compared with {name} ({commit[:9]}).")
