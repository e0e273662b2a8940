"""Switch params.yaml between the built-in sample and the real data; comments and everything else stay."""

import argparse

from stages import door
from stages.params_edit import Setting, set_values

LOCAL_DIGITS = "data/local/digits"


def settings_for(arguments: argparse.Namespace) -> list[Setting]:
    """Return the values to set, by their keys."""
    if arguments.data == "sample":
        return [
            (("digits", "source"), "sample"),
            (("digits", "path"), LOCAL_DIGITS),
            (("faces", "source"), "sample"),
            (("faces", "missing"), "error"),
            (("download", "mirror"), None),
        ]
    return real_settings(arguments.mirror, arguments.digits)


def real_settings(mirror: str | None, digits: str | None) -> list[Setting]:
    """Return the values for the real data.

    Args:
        mirror: folder or base URL that replaces the public addresses.
        digits: an ``.npz`` of one's own instead of TibetanMNIST's address.
    """
    return [
        (("digits", "source"), "tibetan_mnist" if digits is None else "local"),
        (("digits", "path"), LOCAL_DIGITS if digits is None else digits),
        (("faces", "source"), "medical_masks"),
        # Three photos that the tables name can be had nowhere; the stage counts and lists them.
        (("faces", "missing"), "skip"),
        (("download", "mirror"), mirror),
    ]


def main(arguments: argparse.Namespace) -> None:
    """Change the values in place and say what changed."""
    for line in set_values(settings_for(arguments)):
        print(line)
    print("now run: make repro" if arguments.data == "sample" else "now run: make repro  (downloads what is missing)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("sample", "real"))
    parser.add_argument("--mirror", help="folder or base URL that replaces the public addresses")
    parser.add_argument("--digits", help="an .npz with image and label, instead of downloading TibetanMNIST")
    door.run(main, parser)
