"""Decode photos of every format with random damage; `python -m tests.photo_fuzz --cases 40000` runs a campaign.

Each case is known by its number: `--first 123 --cases 1` runs case 123 of the seed alone.
"""

import argparse
import contextlib
import faulthandler
import random
import resource
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from stages.faces.decode import PhotoError, decode_photo
from tests.photos import FORMATS, bad_photos, good_photos

MAX_PIXELS = 200_000
LARGEST = 20_000  # bytes of a file to damage
MEMORY = 1 << 30  # bytes on top of what the process has when it begins
SECONDS = 20  # for one case
BATCH = 1000  # cases a process
WORDS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\0\0\0",
    b"\0\1\0\0",
    b"\xff\xd9",
)


def seeds() -> dict[str, list[bytes]]:
    """Files to damage, by format: whole ones three times, since damaged ones seldom lead deep into a reader."""
    files = [*good_photos().items()] * 3 + [*bad_photos().items()]
    return {
        kind: [each.content for name, each in files if name.startswith(f"{kind}:") and len(each.content) <= LARGEST]
        for kind in FORMATS
    }


def damaged(files: dict[str, list[bytes]], seed: int, number: int) -> tuple[str, bytes]:
    """The format and the bytes of one case."""
    rng = random.Random(f"{seed} {number}")
    kind = rng.choice(sorted(files))
    content = bytearray(rng.choice(files[kind]))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 20))):
        _damage(content, rng, files)
    if kind == "PNG" and rng.random() < 0.7:
        content = _with_right_checksums(bytes(content))
    return kind, bytes(content)


def _damage(content: bytearray, rng: random.Random, files: dict[str, list[bytes]]) -> None:
    at = rng.randrange(min(len(content), rng.choice((32, 128, 512, 1 << 20))) or 1)
    length = rng.choice((1, 2, 4, rng.randrange(1, 200)))
    match rng.choices(range(8), (8, 4, 4, 2, 2, 1, 2, 1))[0]:
        case 0:  # a byte
            content[at : at + 1] = bytes([rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))])
        case 1:  # a bit
            content[at : at + 1] = bytes([content[at] ^ 1 << rng.randrange(8)] if content else [])
        case 2:  # a word that often means a size
            content[at : at + 4] = rng.choice(WORDS)
        case 3:
            del content[at : at + length]
        case 4:
            content[at:at] = rng.randbytes(length)
        case 5:  # the rest
            del content[at:]
        case 6:  # a piece of its own, elsewhere
            other = rng.randrange(len(content) or 1)
            content[at:at] = content[other : other + length]
        case 7:  # a piece of another file
            source = rng.choice(files[rng.choice(sorted(files))])
            other = rng.randrange(len(source) or 1)
            content[at : at + length] = source[other : other + length]


def _with_right_checksums(content: bytes) -> bytes:
    """A reader refuses chunks with wrong ones at once, and nothing behind that would be tried."""
    fixed, at = bytearray(content[:8]), 8
    while at + 12 <= len(content):
        length = min(struct.unpack_from(">I", content, at)[0], len(content) - at - 12)
        body = content[at + 4 : at + 8 + length]
        fixed += content[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return bytes(fixed + content[at:])


def outcome(path: Path) -> str:
    """Decode twice; say read or refused.

    Raises:
        AssertionError: what comes out is no photo, or another one the second time.
        Exception: anything but PhotoError that comes out is a fault.
    """
    try:
        pixels = decode_photo(path, MAX_PIXELS).pixels
    except PhotoError:
        return "refused"
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3, pixels.shape
    assert 0 < pixels.size <= 3 * MAX_PIXELS, pixels.shape
    # Memory that was given back holds other things by now, should a reader pass on what it finds there.
    scribble = [np.full(pixels.size + extra, 0xA5, np.uint8) for extra in range(4)]
    del scribble
    assert np.array_equal(pixels, decode_photo(path, MAX_PIXELS).pixels), "another picture the second time"
    return "read"


def run(seed: int, first: int, cases: int) -> Counter:
    """Run cases in this process, with a limit on memory and time; counts are by (format, outcome)."""
    files, counts = seeds(), Counter()
    soft = _address_space() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (soft, soft))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        for number in range(first, first + cases):
            kind, content = damaged(files, seed, number)
            path.write_bytes(content)
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            try:
                counts[kind, outcome(path)] += 1
            except Exception as error:
                raise AssertionError(f"case {number} of seed {seed} ({kind}): {error!r}") from error
            faulthandler.cancel_dump_traceback_later()
    return counts


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def main() -> None:
    """Run a campaign, a batch a process, so that a crash is seen and told where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=40_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        for (kind, what), count in run(arguments.seed, arguments.first, arguments.cases).items():
            print(kind, what, count)
        return
    totals, faults = Counter(), []
    for first in range(arguments.first, arguments.first + arguments.cases, BATCH):
        cases = min(BATCH, arguments.first + arguments.cases - first)
        command = [sys.executable, "-m", "tests.photo_fuzz", "--here"]
        command += ["--seed", str(arguments.seed), "--first", str(first), "--cases", str(cases)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or done.stderr:  # standard error has to stay empty: readers would name no file there
            faults.append(f"cases {first} to {first + cases - 1}: status {done.returncode}: {done.stderr[-2000:]}")
        for line in done.stdout.splitlines():
            kind, what, count = line.split()
            totals[kind, what] += int(count)
        print(f"\r{first + cases} cases, {len(faults)} faults", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for kind in FORMATS:
        print(f"{kind:5} read {totals[kind, 'read']:6,}  refused {totals[kind, 'refused']:6,}")
    print(f"{totals.total():,} cases")
    with contextlib.suppress(BrokenPipeError):
        print(*faults, sep="\n", file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
