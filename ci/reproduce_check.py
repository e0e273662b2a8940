"""Run the pipeline twice from nothing, in separate folders, and compare every output byte for byte.

Usage: ``python -m ci.reproduce_check [STAGE …]``
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from ci.folders import differences, files_under
from stages import door
from stages.commands import git, run_shown
from stages.errors import InputError

FIRST, SECOND = "first", "second"


def main(arguments: argparse.Namespace) -> None:
    """Run twice, compare, print what differs.

    Raises:
        InputError: a run failed, or an output differs; the folders then stay, to be looked at.
    """
    names = project_files()
    root = Path(tempfile.mkdtemp(prefix="reproduce-"))
    # One worker the second time: their number must not show in any output.
    runs = {FIRST: {}, SECOND: {"WORKERS": "1"}}
    for name, variables in runs.items():
        print(f"=== {name} run, in {root / name}", flush=True)
        run_from_nothing(names, root / name, arguments.stages, variables)
    outputs = locked_outputs(root / FIRST / "dvc.lock")
    found = differences(root / FIRST, root / SECOND, [*outputs, "dvc.lock"])
    if found:
        print("\n".join(["", *found]))
        raise InputError(f"{len(found)} files differ between the two runs, listed above; both are kept in {root}")
    count = len(files_under(root / FIRST, outputs))
    report_committed(root / FIRST)
    shutil.rmtree(root)
    print(f"Reproduced: {count} files of {len(outputs)} outputs are the same, byte for byte, in both runs.")


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
    lock = Path("dvc.lock")
    outputs = locked_outputs(lock) if lock.exists() else []
    for name in names:
        if name != str(lock) and not any(name == out or name.startswith(f"{out}/") for out in outputs):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    (folder / ".dvc" / "config.local").write_text(f"[core]\n    no_scm = true\n[cache]\n    dir = {cache}\n")


def run_from_nothing(names: list[str], folder: Path, stages: list[str], variables: dict[str, str]) -> None:
    """Copy the project without results and run it, with a cache of its own and without the run cache.

    Raises:
        InputError: the run failed.
    """
    # A cache that several projects share would bring the outputs of earlier runs.
    copy_without_results(names, folder, folder / ".dvc" / "cache")
    status, _ = run_shown([sys.executable, "-m", "dvc", "repro", "--no-run-cache", *stages], folder, **variables)
    if status != 0:
        raise InputError(f"the run in {folder} failed; its reason stands above")


def locked_outputs(lock: Path) -> list[str]:
    """Return the paths of all outputs that a ``dvc.lock`` names, sorted."""
    stages = YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"]
    return sorted(out["path"] for stage in stages.values() for out in stage.get("outs", []))


def report_committed(folder: Path) -> None:
    """Say which outputs are not those of the project's own ``dvc.lock``; another processor may be the reason."""
    lock = Path("dvc.lock")
    if not lock.exists():
        return
    committed, fresh = (_hashes(path) for path in (lock, folder / "dvc.lock"))
    other = [path for path, value in fresh.items() if committed.get(path, value) != value]
    if other:
        print(f"Note: {len(other)} of {len(fresh)} outputs are not those of the committed dvc.lock: {', '.join(other)}")


def _hashes(lock: Path) -> dict[str, str]:
    stages = YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"]
    return {out["path"]: out.get("md5", "") for stage in stages.values() for out in stage.get("outs", [])}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="run these and what they need (default: all)")
    door.run(main, parser)
