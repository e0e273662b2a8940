"""Decoding photos: every kind of file becomes the pixels that were stored, or says in one line what is wrong."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from stages.errors import InputError
from stages.faces import decode
from stages.faces.boxes import Box
from stages.faces.decode import PhotoError, decode_photo
from tests.photos import bad_photos, good_photos, jpeg, png
from tests.photos.base import colours, exif, stored

PROJECT = Path(__file__).parents[1]
LIMIT = 1_000_000
# Pytest shows warnings that the stages pass over.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")
# What OpenCV, the other reader that the expected pixels are held against, makes otherwise.
OTHERWISE = {
    "PNG: no last byte": "refused",
    "PNG: animation behind another picture": "the first picture of the animation",
    "GIF: no palette": "another order of grays",
    "GIF: one transparent colour": "white where transparent",
    "GIF: a transparent picture smaller than its screen": "white where transparent",
    "GIF: no end": "refused",
    "GIF: an animation cut off in its second picture": "refused",
    "GIF: a picture larger than its screen": "refused",
    "GIF: a screen of 0 x 0": "refused",
    "TIFF: RGB, zstd": "refused",
    "TIFF: RGB, lzma": "refused",
    "TIFF: gray, 12 bits": "refused",
    "TIFF: tiles": "refused",
    "TIFF: RGB and alpha": "multiplied with alpha",
}


def decoded(folder: Path, content: bytes, limit: int = LIMIT) -> np.ndarray:
    path = folder / "photo.jpg"  # whatever it holds: names often lie about the kind
    path.write_bytes(content)
    return decode_photo(path, limit).pixels


def difference(found: np.ndarray | None, wanted: np.ndarray) -> float:
    """The largest difference of a pixel; infinite where there is no such picture."""
    if found is None or found.shape != wanted.shape:
        return float("inf")
    return np.abs(found[..., ::-1].astype(int) - wanted).max()


@pytest.mark.parametrize("name", good_photos())
def test_every_kind_of_photo_becomes_the_pixels_that_were_stored(tmp_path, name):
    content, wanted, tolerance = good_photos()[name]
    pixels = decoded(tmp_path, content)
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    assert difference(pixels, wanted) <= tolerance


def test_another_reader_agrees_with_the_pixels_expected():
    found = set()
    for name, (content, wanted, tolerance) in good_photos().items():
        try:
            other = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            other = None
        if difference(other, wanted) > tolerance:
            found.add(name)
    assert found <= set(OTHERWISE), sorted(found - set(OTHERWISE))


@pytest.mark.parametrize("name", bad_photos())
def test_every_kind_of_damage_is_told_in_one_line(tmp_path, name):
    content, reason = bad_photos()[name]
    with pytest.raises(PhotoError, match=reason) as caught:
        decoded(tmp_path, content)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200


@pytest.mark.parametrize("name", jpeg.unnoticed())
def test_damage_that_a_format_cannot_tell_gives_the_same_pixels_each_time(tmp_path, name):
    content = jpeg.unnoticed()[name]
    first = decoded(tmp_path, content)
    noise = [np.full(first.size, value, np.uint8) for value in (0, 255)]  # what memory given back may hold
    del noise
    assert np.array_equal(first, decoded(tmp_path, content))


def peak_memory(folder: Path) -> int:
    """Decode all files of a folder in a process of its own, and return how many bytes it took on top at most.

    The limit on pixels is the default. Nothing may be written to the terminal.
    """
    program = """
import sys
from pathlib import Path
from stages.faces.decode import PhotoError, decode_photo
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        decode_photo(path, 100_000_000)
    except PhotoError:
        pass
print((peak() - before) * 1024)
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system doesn't tell how much memory a process has taken at most")
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return int(done.stdout)


def test_nothing_is_written_to_the_terminal_and_little_memory_is_taken(tmp_path):
    for number, each in enumerate([*bad_photos().values(), *good_photos().values()]):
        (tmp_path / f"{number:04d}").write_bytes(each.content)
    assert peak_memory(tmp_path) < 60 << 20, "for files of less than a megabyte"


KINDS = {
    "JPEG": {"progressive": True, "subsampling": 0},
    "PNG": {"compress_level": 1},
    "BMP": {},
    "WEBP": {"method": 0},
    "TIFF": {"compression": "tiff_lzw", "exif": exif(6)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_photo_takes_as_much_memory_as_is_said(tmp_path, kind):
    side = 2500
    (tmp_path / "photo").write_bytes(content := stored(np.zeros((side, side, 3), np.uint8), kind, **KINDS[kind]))
    a_pixel = (peak_memory(tmp_path) - len(content)) / side**2
    assert a_pixel < (17.5 if kind == "WEBP" else 12.5), "bytes a pixel, and little for the rest"


@pytest.mark.parametrize(("width", "height"), [(1001, 1000), (1, 1_000_001)])
def test_too_many_pixels_are_refused_from_the_header(tmp_path, width, height):
    with pytest.raises(PhotoError, match=f"{width} x {height} pixels are more than crop.max_pixels: {LIMIT}"):
        decoded(tmp_path, png.claiming(width, height))


@pytest.mark.parametrize("limit", [2400, 2401, 10**12])
def test_as_many_pixels_as_allowed_are_decoded(tmp_path, limit):
    assert decoded(tmp_path, png.png(colours(), 8, png.RGB), limit).shape == (40, 60, 3)


@pytest.mark.parametrize("limit", [1, 1199, 2399])
def test_one_pixel_more_is_refused(tmp_path, limit):
    with pytest.raises(PhotoError, match=rf"more (pixels )?than crop\.max_pixels: {limit}"):
        decoded(tmp_path, png.png(colours(), 8, png.RGB), limit)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_orientation_is_told(tmp_path, kind, orientation):
    tags = Image.Exif()
    tags[274] = orientation
    (tmp_path / "photo").write_bytes(stored(colours(), kind, exif=tags))
    assert decode_photo(tmp_path / "photo", LIMIT).orientation == orientation


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_part_of_a_photo_is_that_part_of_its_pixels(tmp_path, kind, orientation, monkeypatch):
    monkeypatch.setattr(decode, "STRIP", 1000)  # a few rows at a time
    tags = Image.Exif()
    tags[274] = orientation
    (tmp_path / "photo").write_bytes(stored(colours(), kind, exif=tags))
    photo = decode_photo(tmp_path / "photo", LIMIT)
    width, height = photo.size
    assert photo.pixels.shape == (height, width, 3)
    for box in (Box(0, 0, width, height), Box(7, 3, 12, 29), Box(width - 1, height - 2, width, height)):
        assert np.array_equal(photo.cut(box), photo.pixels[box.ymin : box.ymax, box.xmin : box.xmax])


def test_the_orientation_behind_the_pixels_of_a_png_is_told(tmp_path):
    (tmp_path / "photo").write_bytes(png.png(colours(), 8, png.RGB, after=[(b"eXIf", exif(6))]))
    assert decode_photo(tmp_path / "photo", LIMIT).orientation == 6


def test_too_little_memory_is_no_fault_of_the_photo(tmp_path, monkeypatch):
    def too_large(*_):
        raise MemoryError

    monkeypatch.setattr(decode, "_as_bgr", too_large)
    with pytest.raises(InputError, match=r"photo.jpg: not enough memory; set WORKERS=1, or lower") as caught:
        decoded(tmp_path, png.png(colours(), 8, png.RGB))
    assert not isinstance(caught.value, PhotoError), "skipping would make results depend on the computer"


def test_folders_missing_files_and_links(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "target.png").write_bytes(png.png(colours(), 8, png.RGB))
    links = {"link": "target.png", "dead": "nothing.png", "round": "round.jpg", "to_folder": "folder.jpg"}
    links |= {"device": "/dev/zero", "text": "/etc/passwd"}
    for name, target in links.items():
        (tmp_path / f"{name}.jpg").symlink_to(target)
    assert decode_photo(tmp_path / "link.jpg", LIMIT).pixels.shape == (40, 60, 3)  # DVC may link from its cache
    reasons = {"folder": "a folder", "to_folder": "a folder", "dead": "No such file", "gone": "No such file"}
    reasons |= {"round": "symbolic links", "device": "no regular file"}
    for name, reason in reasons.items():
        with pytest.raises(PhotoError, match=f"cannot be read: .*{reason}"):
            decode_photo(tmp_path / f"{name}.jpg", LIMIT)
    with pytest.raises(PhotoError, match="no readable JPEG"):
        decode_photo(tmp_path / "text.jpg", LIMIT)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = []

    def read() -> None:
        with pytest.raises(PhotoError) as caught:
            decode_photo(tmp_path / "pipe.jpg", LIMIT)
        reasons.append(str(caught.value))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout=10)
    assert reasons == ["cannot be read: no regular file"], "or it still waits for somebody to write"
