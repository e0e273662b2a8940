"""A throw-away Git and DVC repository with the project's files and tiny parameters."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

PROJECT = Path(__file__).resolve().parent.parent
COPIED = ("stages", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore")
COPIED += (".dvc/config", ".dvc/.gitignore", ".dvc/plots")
LOCAL_PAGES = ("data/local/digits/README.md", "data/local/faces/README.md")
# Whether the files it works on were committed, and with it all that Git does, is no part of most tests.
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


class Pipeline:
    """The repository in ``folder``, and the real commands in it."""

    def __init__(self, folder: Path, git: bool = True) -> None:
        self.folder = folder
        for name in (*COPIED, *LOCAL_PAGES):
            self._copy(name)
        (folder / "models").mkdir()
        if git:
            self.run("git", "init", "--quiet", "--initial-branch=main")
        else:
            self.dvc("config", "--local", "core.no_scm", "true")

    def _copy(self, name: str) -> None:
        source, target = PROJECT / name, self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess:
        """Run a command in the repository, this environment's Python first on the path."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"} | variables
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8", timeout=600
        )
        assert not check or done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done

    def dvc(self, *arguments: str, check: bool = True, **variables: str) -> str:
        """Run DVC and return what it printed, both streams together."""
        done = self.run(sys.executable, "-m", "dvc", *arguments, check=check, **variables)
        return done.stdout + done.stderr

    def git(self, *arguments: str) -> str:
        """Run Git and return what it printed."""
        return self.run("git", *IDENTITY, *arguments).stdout

    def commit(self, message: str) -> None:
        """Commit everything that is not ignored."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def change(self, **values) -> None:
        """Set parameters; ``dnn__variants`` stands for ``dnn.variants``."""
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

    def outputs(self) -> dict[str, bytes]:
        """The content of every file under data, models and metrics but the locks of downloads."""
        paths = (path for top in ("data", "models", "metrics") for path in (self.folder / top).rglob("*"))
        files = (path for path in paths if path.is_file() and path.suffix != ".lock")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


def dnn_variant(**changes) -> dict:
    """A block of ``dnn.variants`` that trains in no time."""
    block = {"hidden": [8], "activation": "relu", "init": "random", "lr": 0.1, "batch_size": 100, "epochs": 2}
    return block | changes


def cnn_variant(**changes) -> dict:
    """A block of ``cnn.variants`` that trains in no time."""
    block = {"channels": 4, "kernel": 3, "stride": 1, "pool": 4, "optimizer": "adam", "lr": 0.001}
    return block | {"batch_size": 32, "epochs": 2} | changes


def residual_variant(**changes) -> dict:
    """A block of ``cnn_digits.variants``, or with ``crops`` of ``cnn.variants``, that trains in no time."""
    block = {"network": "residual", "widths": [4, 6], "stride": 2, "dropout": 0.1, "images": 96, "batch_size": 16}
    block |= {"lr": 0.01, "weight_decay": 0.01, "warmup": 0.2, "ema": 0.9, "label_smoothing": 0.05}
    block |= {"sampling_power": 0.5, "loss": "balanced_softmax", "side": 28, "view": 1.0, "test_views": [1.0]}
    block |= {"flip_test": True, "members": 1, "calibrate": False}
    return block | {"augmentation": {"flip": 0.5, "rotation": 10, "colour": 0.2, "cutout": 0.5}} | changes


def tiny(folder: Path, git: bool = True) -> Pipeline:
    """A pipeline of a few variants a family on 12 drawn photos."""
    pipeline = Pipeline(folder, git)
    pipeline.change(
        seeds=[0, 1],
        faces__sample__photos=12,
        faces__test_size=0.5,
        dnn__variants={"plain": dnn_variant(), "latent_2": dnn_variant(hidden=[2], latent_epochs=[1, 2])},
        cnn__variants={
            "plain": cnn_variant(),
            "rounds": cnn_variant(resample_rounds=2),
            "best": residual_variant(
                crops="large",
                calibrate=True,
                members=2,
                test_views=[1.0, 1.2],
                progressive=[{"share": 0.5, "side": 12}],
            ),
        },
        cnn_digits__variants={"residual": residual_variant(loss="cross_entropy", flip_test=False)},
    )
    return pipeline
