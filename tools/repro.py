"""Run the pipeline, the two studies side by side: they share no stage, and DVC keeps their files apart.

`dvc repro` gives the same, one stage at a time. Ctrl-C ends both; what is finished stays.
"""

import argparse
import sys
import threading
from pathlib import Path

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.runtime import command
from stages.runtime.errors import InputError
from tools.dvc import run_shown


def main(_: argparse.Namespace) -> None:
    """Run both.

    Raises:
        InputError: a parameter does not fit, or a study failed; DVC's words stand above.
    """
    params = load_params()  # one clear line, before DVC says the same of every stage
    for key, path in (("digits.path", params.digits.path), ("faces.path", params.faces.path)):
        if "://" not in path and not Path(path).exists():  # DVC says so without the key
            raise InputError(f"params.yaml: {key}: {path}: no such file or folder")
    statuses: dict[str, int] = {}

    def run(study: str) -> None:
        targets = [f"evaluate@{name}" for name in params.variants_of(study)] + [f"compare@{study}", f"export@{study}"]
        repro = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", *targets]
        statuses[study] = run_shown(repro, prefix=f"{study:6} | ")[0]

    threads = [threading.Thread(target=run, args=(study,)) for study in STUDIES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed := [study for study in STUDIES if statuses.get(study) != 0]:
        raise InputError(f"{' and '.join(failed)}: the run failed; its reason stands above")


if __name__ == "__main__":
    command.run(
        main, argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
