"""What Git says about the workspace."""

from stages.commands import git
from stages.errors import InputError


def describe_workspace() -> str:
    """The commit of the workspace and whether files differ from it; empty outside a Git repository."""
    try:
        commit = git("rev-parse", "--short", "HEAD")
    except InputError:
        return ""
    if not commit:
        return ""
    changed = "with uncommitted changes" if git("status", "--porcelain") else "without uncommitted changes"
    return f"commit {commit}, {changed}"


def check_repository() -> None:
    """Make sure that there are revisions to compare with.

    Raises:
        InputError: this is no Git repository, or it has no commit yet.
    """
    if git("rev-parse", "--git-dir") is None:
        raise InputError("not a Git repository, so there are no revisions to compare; clone the project with Git")
    if git("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise InputError("this Git repository has no commit yet; commit a finished run, then compare with it")


def is_shallow() -> bool:
    """Whether this clone lacks older commits."""
    return git("rev-parse", "--is-shallow-repository") == "true"
