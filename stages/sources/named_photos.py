"""Which photos do annotations name? And what to do about those that aren't there."""

from collections.abc import Collection
from typing import Literal

from stages.errors import InputError
from stages.faces.csv_table import read_table
from stages.sources.wording import count, listed


def named_in_csv(content: bytes, place: str) -> list[str]:
    """Names of photos in a CSV file of faces, each once, in their order.

    Rows without a name are passed over: cropping reports them with everything else that can be wrong with a row.

    Raises:
        InputError: no such CSV; ``place`` is what the file is called.
    """
    table = read_table(content, place)
    at = table.columns["filename"]
    return list(dict.fromkeys(cells[at] for _, cells in table.rows if len(cells) > at and cells[at].strip()))


def check_missing(missing: Collection[str], rule: Literal["error", "skip"], where: str) -> None:
    """Refuse missing photos unless ``faces.missing`` lets them be skipped.

    Raises:
        InputError: photos are missing and ``rule`` is ``error``; ``where`` says what they are missing from.
    """
    if missing and rule == "error":
        raise InputError(
            f"{count(missing, 'photo')} named by the annotations, but missing {where}: {listed(missing)}; "
            "set faces.missing: skip to go on without"
        )


def missing_notice(missing: Collection[str]) -> str:
    """The sentence that counts and lists what was skipped, empty where nothing was."""
    return f" {count(missing, 'photo')} missing and skipped: {listed(missing, None)}." if missing else ""
