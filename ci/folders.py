"""Two folders, file by file and byte for byte."""

from pathlib import Path

SHOWN_LENGTH = 80


def files_under(root: Path, tops: list[str]) -> dict[str, Path]:
    """Return every file at or below ``tops``, by its path relative to ``root``."""
    found = {}
    for top in tops:
        place = root / top
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                found[path.relative_to(root).as_posix()] = path
    return found


def differences(first: Path, second: Path, tops: list[str]) -> list[str]:
    """Return a line for every file below ``tops`` that is in one folder only or whose bytes differ."""
    ours, theirs = files_under(first, tops), files_under(second, tops)
    lines = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs or name not in ours:
            lines.append(f"{name}: only in the {'first' if name in ours else 'second'} run")
        elif (reason := _difference(ours[name].read_bytes(), theirs[name].read_bytes())) is not None:
            lines.append(f"{name}: {reason}")
    return lines


def _difference(first: bytes, second: bytes) -> str | None:
    """Say where two contents part, with the line where both are text."""
    if first == second:
        return None
    shorter = min(len(first), len(second))
    place = next((i for i in range(shorter) if first[i] != second[i]), shorter)
    reason = f"differs from byte {place} on ({len(first)} and {len(second)} bytes)"
    try:
        lines = [content.decode("utf-8").splitlines() for content in (first, second)]
    except UnicodeDecodeError:
        return reason
    row = first[:place].count(b"\n")
    shown = [one[row][:SHOWN_LENGTH] if row < len(one) else "(no such line)" for one in lines]
    return f"{reason}; line {row + 1}: {shown[0]!r} and {shown[1]!r}"
