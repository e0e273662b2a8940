"""Run every variant on the real data, in the folder study/, and write docs/results.md from its metrics.

Usage: python -m studies.run [--mirror FOLDER_OR_URL] [--digits FILE.npz]

What is up to date is not run again, so an interrupted study goes on where it was.
"""

import argparse
import time
from pathlib import Path

from stages import door
from stages.commands import repro
from stages.errors import InputError
from stages.params_edit import overlay_settings, set_values
from stages.switch import real_settings
from studies import write
from studies.folder import FOLDER, make_folder, seen_from
from studies.stage_seconds import StageClock, save_seconds

OVERLAY = Path("studies/real.yaml")


def main(arguments: argparse.Namespace) -> None:
    """Prepare the folder, run, and write the results.

    Raises:
        InputError: a setting does not fit, or the pipeline fails.
    """
    make_folder()
    mirror, digits = (seen_from(FOLDER, place) for place in (arguments.mirror, arguments.digits))
    settings = real_settings(mirror, digits) + overlay_settings(OVERLAY)
    for line in set_values(settings, FOLDER / "params.yaml"):
        print(line)
    clock = StageClock()
    status, _ = repro(FOLDER, lambda line: clock.read(line, time.monotonic()))
    clock.stop(time.monotonic())
    save_seconds(FOLDER / "stage_seconds.csv", clock.seconds())
    if status != 0:
        raise InputError(f"the run in {FOLDER} failed; its reason stands above")
    write.main(argparse.Namespace(folder=FOLDER))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", help="folder or base URL that replaces the photos' public addresses")
    parser.add_argument("--digits", help="an .npz with image and label, instead of downloading TibetanMNIST")
    door.run(main, parser)
