"""Decoding photos: every common kind becomes 8-bit colour, everything else says what is wrong."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.faces.decode import PhotoError, decode_photo, exif_orientation

LIMIT = 100_000


def picture() -> Image.Image:
    """A smooth picture of 60 x 40 pixels that no mirroring or turning leaves as it is."""
    x, y = np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 40))
    return Image.fromarray((np.stack([x, y, x * y], axis=-1) * 200 + 20).astype(np.uint8))


def stored(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def with_orientation(orientation: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return stored(picture(), kind, exif=exif)


def decoded(folder: Path, content: bytes, limit: int = LIMIT) -> np.ndarray:
    path = folder / "photo.jpg"  # whatever it holds: names often lie about the kind
    path.write_bytes(content)
    return decode_photo(path, limit)


def expected(content: bytes) -> np.ndarray:
    """What Pillow makes of it, as BGR."""
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    return np.asarray(upright.convert("RGB"))[..., ::-1].astype(int)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_every_common_kind_of_file(tmp_path, kind):
    content = stored(picture(), kind)
    photo = decoded(tmp_path, content)
    assert (photo.shape, photo.dtype) == ((40, 60, 3), np.uint8)
    assert np.abs(photo - expected(content)).max() <= 2


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_gray_palette_alpha_and_16_bits_become_8_bit_colour(tmp_path, mode):
    deep = Image.fromarray(np.asarray(picture().convert("L")) * np.uint16(256) + 99)
    content = stored(deep if mode == "I;16" else picture().convert(mode), "PNG")
    assert Image.open(io.BytesIO(content)).mode == mode
    photo = decoded(tmp_path, content)
    wanted = expected(stored(picture().convert("L"), "PNG")) if mode == "I;16" else expected(content)
    assert (photo.shape, photo.dtype) == ((40, 60, 3), np.uint8)
    assert np.abs(photo - wanted).max() <= 1


def test_16_bit_colour_keeps_the_upper_8_bits(tmp_path):
    deep = np.arange(40 * 60 * 3, dtype=np.uint16).reshape(40, 60, 3) * 9
    assert np.array_equal(decoded(tmp_path, cv2.imencode(".png", deep)[1].tobytes()), (deep >> 8).astype(np.uint8))


def test_cmyk_becomes_the_colours_that_it_prints(tmp_path):
    content = stored(picture().convert("CMYK"), "JPEG", quality=95)
    assert Image.open(io.BytesIO(content)).mode == "CMYK"
    assert np.abs(decoded(tmp_path, content) - expected(content)).mean() < 3


def test_transparency_is_dropped_and_the_colours_under_it_stay(tmp_path):
    image = picture()
    image.putalpha(0)
    assert np.array_equal(decoded(tmp_path, stored(image, "PNG")), expected(stored(picture(), "PNG")))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path, kind):
    first, second = picture(), ImageOps.flip(picture())
    content = stored(first, kind, save_all=True, append_images=[second], duration=100)
    assert Image.open(io.BytesIO(content)).n_frames == 2
    photo = decoded(tmp_path, content)
    errors = [np.abs(photo - np.asarray(frame)[..., ::-1].astype(int)).mean() for frame in (first, second)]
    assert errors[0] < 10 < errors[1]


@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_photos_are_turned_as_their_exif_orientation_says(tmp_path, orientation, kind):
    content = with_orientation(orientation, kind)
    photo = decoded(tmp_path, content)
    assert photo.shape == ((60, 40, 3) if orientation >= 5 else (40, 60, 3))
    assert np.abs(photo - expected(content)).max() <= 2
    assert exif_orientation(tmp_path / "photo.jpg") == orientation


def test_a_photo_without_exif_stands_as_stored(tmp_path):
    decoded(tmp_path, stored(picture(), "JPEG"))
    assert exif_orientation(tmp_path / "photo.jpg") == 1


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_photo_with_damaged_exif_stands_as_stored(tmp_path, kind):
    content = with_orientation(6, kind)
    damaged = content.replace(b"MM\0*", b"??\xff\xff")
    assert damaged != content
    assert decoded(tmp_path, damaged).shape == (40, 60, 3)
    assert exif_orientation(tmp_path / "photo.jpg") == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_photo_that_is_cut_off_is_refused(tmp_path, kind, share):
    content = stored(picture(), kind)
    with pytest.raises(PhotoError):
        decoded(tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_cut_off_photo_says_so(tmp_path, kind):
    content = stored(picture(), kind)
    with pytest.raises(PhotoError, match="cut off or damaged"):
        decoded(tmp_path, content[:-20])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", r"no JPEG, .* picture; it begins with b'<!DOCTYPE ht'"),
        (b"\xff\xd8\xff\xe0", "no JPEG"),
        (b"\x89PNG\r\n\x1a\n", "no JPEG"),
        (b"\0" * 5000, "no JPEG"),
    ],
)
def test_what_is_no_photo_is_refused(tmp_path, content, message):
    with pytest.raises(PhotoError, match=message):
        decoded(tmp_path, content)


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that its few bytes don't hold."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b"x"), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize(("width", "height"), [(317, 316), (60_000, 50_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_from_the_header(tmp_path, width, height, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded although it is too large"))
    with pytest.raises(PhotoError, match=f"{width} x {height} pixels are more than crop.max_pixels: {LIMIT}"):
        decoded(tmp_path, huge_png(width, height))


def test_as_many_pixels_as_allowed_are_decoded(tmp_path):
    content = stored(picture(), "PNG")
    assert decoded(tmp_path, content, limit=60 * 40).shape == (40, 60, 3)
    with pytest.raises(PhotoError, match="more than crop.max_pixels: 2399"):
        decoded(tmp_path, content, limit=60 * 40 - 1)


def test_folders_missing_files_and_links(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "target.png").write_bytes(stored(picture(), "PNG"))
    (tmp_path / "link.jpg").symlink_to("target.png")
    (tmp_path / "dead.jpg").symlink_to("nothing.png")
    assert decode_photo(tmp_path / "link.jpg", LIMIT).shape == (40, 60, 3)  # DVC may link photos from its cache
    for name, message in (("folder.jpg", "a directory"), ("dead.jpg", "No such file"), ("gone.jpg", "No such file")):
        with pytest.raises(PhotoError, match=f"cannot be read: .*{message}"):
            decode_photo(tmp_path / name, LIMIT)
