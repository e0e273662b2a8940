"""Run the pipeline twice from nothing, in separate folders, and compare every output byte for byte.

Usage: python -m tools.reproduce_check [STAGE …]
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages.runtime import command
from stages.runtime.errors import InputError
from tools.dvc import git, run_shown

LOCK = Path("dvc.lock")


def main(arguments: argparse.Namespace) -> None:
    """Run twice, compare, print what differs.

    Raises:
        InputError: a run failed, or an output differs; the folders then stay, to be looked at.
    """
    names, root = project_files(), Path(tempfile.mkdtemp(prefix="reproduce-"))
    # One worker the second time: their number must not show in any output.
    for name, variables in {"first": {}, "second": {"WORKERS": "1"}}.items():
        print(f"=== {name} run, in {root / name}", flush=True)
        # A cache that several projects share would bring the outputs of earlier runs.
        copy_without_results(names, root / name, root / name / ".dvc" / "cache")
        repro = [sys.executable, "-m", "dvc", "repro", "--no-run-cache", *arguments.stages]
        if run_shown(repro, root / name, **variables)[0] != 0:
            raise InputError(f"the run in {root / name} failed; its reason stands above")
    tops = [*outputs_of(root / "first" / LOCK), LOCK.name]
    first, second = (hashes_under(root / name, tops) for name in ("first", "second"))
    if different := sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)):
        print("\n".join(["", *different]))
        raise InputError(f"{len(different)} files differ between the two runs, listed above; both are kept in {root}")
    report_committed(root / "first" / LOCK)
    shutil.rmtree(root)
    print(f"Reproduced: {len(first)} files of {len(tops)} outputs are the same, byte for byte, in both runs.")


def project_files() -> list[str]:
    """Return what a clone would hold: tracked files and new ones that are not ignored, as they are now.

    Raises:
        InputError: this is no Git repository, so nobody knows which files belong to the project.
    """
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed is None:
        raise InputError("this folder is no Git repository: clone the project, then check")
    return [name for name in listed.split("\0") if name and Path(name).is_file()]


def copy_without_results(names: list[str], folder: Path, cache: Path) -> None:
    """Copy the project without the results that Git holds, as a DVC project of its own without Git.

    Args:
        names: of the project's files, as :func:`project_files` lists them.
        folder: where to; what lies there and is no file of the project stays.
        cache: absolute path of the cache to use.
    """
    outputs = outputs_of(LOCK) if LOCK.exists() else {}
    for name in names:
        if name != LOCK.name and not any(name == out or name.startswith(f"{out}/") for out in outputs):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    (folder / "models").mkdir(exist_ok=True)
    (folder / ".dvc" / "config.local").write_text(f"[core]\n    no_scm = true\n[cache]\n    dir = {cache}\n")


def outputs_of(lock: Path) -> dict[str, Any]:
    """Path and hash of all outputs that a ``dvc.lock`` names."""
    stages = YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"]
    return {out["path"]: out.get("md5") for stage in stages.values() for out in stage.get("outs", [])}


def hashes_under(root: Path, tops: list[str]) -> dict[str, str]:
    """SHA-256 of every file at or below ``tops``, by its path relative to ``root``."""
    paths = (path for top in tops for path in [root / top, *(root / top).rglob("*")] if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def report_committed(fresh: Path) -> None:
    """Say which outputs are not those of the project's own ``dvc.lock``; another processor may be the reason."""
    if LOCK.exists():
        committed, now = outputs_of(LOCK), outputs_of(fresh)
        if other := [path for path, value in now.items() if committed.get(path) != value]:
            print(
                f"Note: {len(other)} of {len(now)} outputs are not those of the committed dvc.lock: {', '.join(other)}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="these and what they need (default: all)")
    command.run(main, parser)
