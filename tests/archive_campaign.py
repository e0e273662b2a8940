"""Archives and weights with random changes, thousands of them: ``python -m tests.archive_campaign``.

Each is refused in one line, or read as it was written: changes can hit what nobody reads, such as a date. Weights have
no checksum of their own (DVC keeps one), so only their header is changed, and what is read must fit the network.
"""

import argparse
import io
import struct
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stages.arrays import read_arrays
from stages.errors import InputError
from stages.params_dnn import DnnVariant
from stages.results.predict_dnn import predict
from stages.weights import save_weights
from tests.bad_archives import archive, header, npy
from tests.foreign import DIGITS, PLAIN, arrays_of_a_seed

MOST_MEMORY = 20_000_000  # bytes that reading one of these small files may take


def _changed(rng: np.random.Generator, content: bytes, end: int) -> bytes:
    """Set one to three bytes before ``end`` at random."""
    changed = bytearray(content)
    for at in rng.integers(end, size=rng.integers(1, 4)):
        changed[at] = rng.integers(256)
    return bytes(changed)


def _archive_case(rng: np.random.Generator) -> tuple[bytes, Callable[[Path], bool]]:
    values = {"image": rng.integers(0, 255, (3, 28, 28)).astype(np.uint8), "label": np.arange(3)}
    file = io.BytesIO()
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(file, **values)

    def read(path: Path) -> bool:
        found = read_arrays(path, values)
        return all((found[name] == array).all() for name, array in values.items())

    return _changed(rng, file.getvalue(), len(file.getvalue())), read


def _header_case(rng: np.random.Generator) -> tuple[bytes, Callable[[Path], bool]]:
    signs, text = list(header() + "()[]{}'\"\\,:-+*LOSUVcf<>=|#\n\t09.ej\xff"), list(header())
    for at in rng.integers(len(text), size=rng.integers(1, 6)):
        text[at : at + int(rng.integers(2))] = rng.choice(signs, rng.integers(3))
    member = npy("".join(text), bytes(2352))

    def read(path: Path) -> bool:
        found = read_arrays(path, ["image"])["image"]
        return found.nbytes == 2352 and found.dtype.kind in "biufUS"

    return archive(("image.npy", member), method=zipfile.ZIP_STORED), read


def _weights_case(rng: np.random.Generator) -> tuple[bytes, Callable[[Path], bool]]:
    with tempfile.TemporaryDirectory() as folder:
        save_weights(f"{folder}/a", {0: arrays_of_a_seed()}, {"activation": "relu"})
        content = Path(f"{folder}/a").read_bytes()
    variant: DnnVariant = PLAIN

    def read(path: Path) -> bool:
        logits: dict[str, Any] = predict(path, variant, DIGITS).logits
        return logits["test"].shape[1:] == (len(DIGITS.x_test), 10)

    return _changed(rng, content, 8 + struct.unpack("<Q", content[:8])[0]), read


KINDS = {"archive": _archive_case, "header of an array": _header_case, "header of weights": _weights_case}


def run_case(kind: str, seed: int, number: int, folder: Path) -> str:
    """Draw, write and read one file; say how it ended: ``refused`` or ``as it was``.

    Raises:
        AssertionError: it was read as something else, took too much memory, or the line is not clear.
    """
    content, read = KINDS[kind](np.random.default_rng([seed, number]))
    path = folder / "case"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        as_it_was = read(path)
        assert as_it_was, "read as something else"
        end = "as it was"
    except InputError as error:
        end = "refused"
        message = str(error)
        clear = message.startswith(f"{path}: ") and message.isprintable() and len(message) < len(str(path)) + 400
        if not clear:
            raise AssertionError(f"no clear line: {message!r}") from None
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < MOST_MEMORY, f"took {most:,} bytes"
    return end


def main() -> None:
    """Run the campaign and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    ends, bad, before = {kind: Counter() for kind in KINDS}, 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            for number in range(arguments.cases):
                try:
                    ends[kind][run_case(kind, arguments.seed, number, Path(folder))] += 1
                except Exception as error:
                    bad += 1
                    print(f"{kind} {number} of seed {arguments.seed}: {type(error).__name__}: {error}", flush=True)
    print(f"{arguments.cases} cases of each kind in {time.monotonic() - before:.0f} s; {bad} bad")
    for kind, counted in ends.items():
        print(f"{kind}:", ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
