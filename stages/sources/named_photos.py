"""Which photos do annotations name? And what to do about those that aren't there."""

import csv
import io
from collections.abc import Collection
from typing import Literal

from stages.errors import InputError
from stages.sources.wording import count, listed

DELIMITERS = (",", ";", "\t")


def named_in_csv(content: bytes, place: str) -> list[str]:
    """Names in column ``filename`` of a CSV file, each once, in their order.

    Commas, semicolons or tabs stand between cells, as the header shows. Rows without a name are passed over: cropping
    reports them with everything else that can be wrong with a row.

    Raises:
        InputError: no CSV in UTF-8, or no column ``filename``; ``place`` is what the file is called.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: byte {error.start} is no UTF-8; save the file as CSV in UTF-8") from None
    first, *_ = text.lstrip("\r\n").splitlines() or [""]
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
        header, *rows = (row for row in rows if row) if text.strip() else [[]]
    except csv.Error as error:
        raise InputError(f"{place}: not readable as CSV ({error})") from None
    columns = [name.strip() for name in header]
    if "filename" not in columns:
        raise InputError(f"{place}: has no column 'filename' in its first line")
    at = columns.index("filename")
    return list(dict.fromkeys(row[at] for row in rows if len(row) > at and row[at].strip()))


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
