"""A throw-away Git and DVC repository with the project's files and tiny parameters, and clones of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

PROJECT = Path(__file__).resolve().parent.parent
COPIED = ("stages", "tools", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".gitattributes")
COPIED += (".dvc/config", ".dvc/.gitignore", ".dvc/plots", "data/local")
# Whether the files it works on were committed, and with it all that Git does, is no part of most tests.
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


class Pipeline:
    """The repository in ``folder``, and the real commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess:
        """Run a command in the repository, this environment's Python first on the path."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"} | variables
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8", timeout=600
        )
        assert not check or done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done

    def python(self, module: str, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run ``python -m module``; return its exit status and all it printed."""
        done = self.run("python", "-m", module, *arguments, check=False, **variables)
        return done.returncode, done.stdout + done.stderr

    def dvc(self, *arguments: str, check: bool = True, **variables: str) -> str:
        """Run DVC and return what it printed, both streams together."""
        done = self.run("python", "-m", "dvc", *arguments, check=check, **variables)
        return done.stdout + done.stderr

    def repro(self, *arguments: str) -> set[str]:
        """Run ``dvc repro`` and return the names of the stages that ran."""
        return stages_run(self.dvc("repro", *arguments))

    def git(self, *arguments: str) -> str:
        """Run Git and return what it printed."""
        return self.run("git", *IDENTITY, *arguments).stdout

    def commit(self, message: str) -> None:
        """Commit everything that is not ignored."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def change(self, **values: object) -> None:
        """Set parameters; ``crop__side`` stands for ``crop.side``, and None as a value for removal."""
        yaml = YAML()
        path = self.folder / "params.yaml"
        content = yaml.load(path.read_text(encoding="utf-8"))
        for key, value in values.items():
            *parents, last = key.split("__")
            block = content
            for parent in parents:
                block = block[parent]
            block[last] = value
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(content, file)

    def outputs(self, *tops: str) -> dict[str, bytes]:
        """The content of every file under data, models and metrics, or under ``tops`` alone."""
        paths = (path for top in tops or ("data", "models", "metrics") for path in (self.folder / top).rglob("*"))
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}

    def copy(self, folder: Path) -> "Pipeline":
        """A copy of everything in ``folder``: repository, cache and outputs."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("tmp", "__pycache__"))
        other = Pipeline(folder)
        other.run("git", "config", "user.name", "Test")
        other.run("git", "config", "user.email", "test@example.org")
        return other


def stages_run(output: str) -> set[str]:
    """The stages that a ``dvc repro`` ran, by what it printed."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}


def dnn_variant(**changes: object) -> dict:
    """A fully connected network for digits that trains in no time."""
    block = {"study": "digits", "network": "dnn", "hidden": [8], "activation": "relu", "init": "random", "lr": 0.1}
    return block | {"batch_size": 100, "epochs": 2} | changes


def plain_variant(**changes: object) -> dict:
    """One of the report's networks for masks that trains in no time."""
    block = {"study": "masks", "network": "cnn", "architecture": "plain", "channels": 4, "kernel": 3, "stride": 1}
    return block | {"pool": 4, "optimizer": "adam", "lr": 0.001, "batch_size": 32, "epochs": 2} | changes


def residual_variant(**changes: object) -> dict:
    """A residual network for masks that trains in no time."""
    block = {"study": "masks", "network": "cnn", "architecture": "residual", "widths": [4, 6], "stride": 2}
    block |= {"dropout": 0.1, "images": 96, "batch_size": 16, "lr": 0.01, "weight_decay": 0.01, "warmup": 0.2}
    block |= {"ema": 0.9, "label_smoothing": 0.05, "sampling_power": 0.5, "loss": "balanced_softmax", "side": 28}
    block |= {"view": 1.0, "test_views": [1.0], "flip_test": True, "members": 1}
    return block | {"augmentation": {"flip": 0.5, "rotation": 10, "colour": 0.2, "cutout": 0.5}} | changes


TINY_VARIANTS = {
    "simple": dnn_variant(),
    "latent_2": dnn_variant(hidden=[2], latent_epochs=[1, 2]),
    "residual": residual_variant(study="digits", loss="cross_entropy", flip_test=False),
    "plain": plain_variant(),
    "balanced": residual_variant(crops="large", members=2, test_views=[1.0, 1.2]),
}


def tiny_pipeline(folder: Path) -> Pipeline:
    """A pipeline of five variants on 14 drawn photos, not yet run."""
    for name in COPIED:
        source, target = PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    pipeline = Pipeline(folder)
    pipeline.run("git", "init", "--quiet", "--initial-branch=main")
    pipeline.change(
        seeds=[0, 1],
        digits__source="sample",
        faces__source="sample",
        faces__sample__photos=14,
        faces__test_size=0.4,
        validation__share=0.3,
        cross_validation__seeds=[0, 1],
        studies__digits__best="simple",
        variants=TINY_VARIANTS,
    )
    return pipeline
