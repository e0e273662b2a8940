"""The points of a sweep as tasks on a Dask cluster: each runs in a clone of its own and pushes its experiment.

Clones come from the Git remote ``origin`` and their data from the DVC remote, so that what all points share, such as
the crops, is made once and before.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import get_hydra_sweeps

from stages.runtime.errors import InputError
from stages.runtime.parallel import CLUSTER, map_processes
from tools.dvc import DvcError, dvc, git
from tools.queue import refuse_taken

ORIGIN = "origin"


@dataclass(frozen=True)
class Point:
    """One combination of the grid.

    Attributes:
        name: of the experiment.
        settings: ``key=value`` each.
        origin: address or folder of the Git remote.
        commit: to start from.
        local_config: DVC's settings of this clone that Git does not know, where there are any.
    """

    name: str
    settings: tuple[str, ...]
    origin: str
    commit: str
    local_config: str


def run_on_cluster(origin: str, name: str, overrides: Sequence[str]) -> dict[str, str]:
    """Run every combination of the overrides on the cluster and fetch the experiments.

    Args:
        origin: as :func:`check_remotes` returns it.
        name: of the sweep.
        overrides: in the form of ``dvc exp run -S``.

    Returns:
        For each run that failed why, by its name.

    Raises:
        InputError: ``origin`` does not have what this clone has; there are runs of this name; the cluster cannot be
            used.
    """
    commit = pushed_commit()
    refuse_taken(name)
    dvc("push", "--quiet")  # what all points share
    config = Path(".dvc/config.local")
    local = config.read_text(encoding="utf-8") if config.exists() else ""
    grid = [settings["params.yaml"] for settings in get_hydra_sweeps(to_path_overrides(list(overrides)))]
    names = [name] if len(grid) == 1 else [f"{name}-{number}" for number in range(1, len(grid) + 1)]
    points = [Point(one, tuple(settings), origin, commit, local) for one, settings in zip(names, grid, strict=True)]
    failed = dict(zip(names, map_processes(run_point, points, name), strict=True))
    if finished := [one for one, why in failed.items() if not why]:
        dvc("exp", "pull", "--no-cache", ORIGIN, *finished)
    return {one: why for one, why in failed.items() if why}


def check_remotes() -> str:
    """Return the address of ``origin``, if there are both remotes.

    Raises:
        InputError: one is missing.
    """
    origin = git("remote", "get-url", ORIGIN)
    if origin is None:
        raise InputError(f"a sweep on a cluster needs a Git remote that its workers reach: git remote add {ORIGIN} …")
    if not dvc("config", "core.remote").strip():
        raise InputError("a sweep on a cluster needs a DVC remote that its workers reach: dvc remote add --default …")
    return str(Path(origin).resolve()) if Path(origin).exists() else origin


def pushed_commit() -> str:
    """Return the commit to start from, which must be all that there is, and at ``origin``.

    Raises:
        InputError: a file was changed since, or the commit was not pushed.
    """
    if changed := git("status", "--porcelain", "--untracked-files=no"):
        raise InputError(f"{changed.splitlines()[0].split()[-1]}: changed since the last commit; commit and push first")
    if git("fetch", "--quiet", ORIGIN) is None or not git("branch", "--remotes", "--contains", "HEAD"):
        raise InputError(f"the last commit is not at {ORIGIN}, where the workers clone; git push first")
    return git("rev-parse", "HEAD")


def run_point(point: Point) -> str:
    """Run one experiment in a fresh clone and push it; return why it failed, or nothing."""
    home, clone = Path.cwd(), Path(tempfile.mkdtemp(prefix=f"{point.name}-"))
    address = os.environ.pop(CLUSTER, None)  # the stages of this point run here
    try:
        for words in (("clone", point.origin, str(clone)), ("-C", str(clone), "checkout", point.commit)):
            if git(*words) is None:
                return f"git {' '.join(words)} failed"
        (clone / ".dvc/config.local").write_text(point.local_config, encoding="utf-8")
        os.chdir(clone)
        settings = [word for one in point.settings for word in ("--set-param", one)]
        # All but the raw data, which DVC pulls where a point needs them. The rest it would not: stages depend on the
        # description of their data, and on the folder of all models.
        dvc("pull", "--quiet", "prepare_digits", "crop_faces", "audit", "train")
        dvc("exp", "run", "--pull", "--allow-missing", "--name", point.name, *settings)
        dvc("exp", "push", ORIGIN, point.name)
    except DvcError as error:
        return error.reason
    finally:
        os.chdir(home)
        if address:
            os.environ[CLUSTER] = address
        shutil.rmtree(clone, ignore_errors=True)
    return ""
