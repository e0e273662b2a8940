"""Switch params.yaml between the built-in sample and the real data; comments and everything else stay."""

import argparse

from stages.runtime import command
from tools.params_edit import Setting, set_values

LOCAL_DIGITS = "data/local/digits"


def sample_settings() -> list[Setting]:
    """The values for the built-in sample."""
    return [
        ("digits.source", "sample"),
        ("digits.path", LOCAL_DIGITS),
        ("faces.source", "sample"),
        ("faces.missing", "error"),
        ("download.mirror", None),
    ]


def real_settings(mirror: str | None, digits: str | None) -> list[Setting]:
    """The values for the real data.

    Args:
        mirror: folder or base URL that replaces the public addresses.
        digits: an ``.npz`` of one's own instead of TibetanMNIST's address.
    """
    return [
        ("digits.source", "tibetan_mnist" if digits is None else "local"),
        ("digits.path", LOCAL_DIGITS if digits is None else digits),
        ("faces.source", "medical_masks"),
        # Three photos that the tables name can be had nowhere; the stage counts and lists them.
        ("faces.missing", "skip"),
        ("download.mirror", mirror),
    ]


def main(arguments: argparse.Namespace) -> None:
    """Change the values in place and say what changed."""
    real = arguments.data == "real"
    for line in set_values(real_settings(arguments.mirror, arguments.digits) if real else sample_settings()):
        print(line)
    print(f"now run: make repro{'  (downloads what is missing)' if real else ''}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("sample", "real"))
    parser.add_argument("--mirror", help="folder or base URL that replaces the public addresses")
    parser.add_argument("--digits", help="an .npz with image and label, instead of downloading TibetanMNIST")
    command.run(main, parser)
