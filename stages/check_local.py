"""Door: look for what DVC could not take up in the folders of one's own data, before it tries.

DVC hashes these folders before any stage runs. It would wait for a pipe without end, read a device without end, and
stop at a link to nothing.
"""

import argparse
from pathlib import Path

from stages import door
from stages.params import load_params
from stages.sources.local_entries import check_entries


def main(_: argparse.Namespace) -> None:
    """Check the folders that ``digits.path`` and ``faces.path`` name."""
    params = load_params()
    for path in (params.digits.path, params.faces.path):
        check_entries(Path(path))


if __name__ == "__main__":
    door.run(main, argparse.ArgumentParser(description=__doc__.splitlines()[0]))
