"""Photos of all common kinds, upright; and one clear reason for those that cannot be decoded."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from stages.masks.photos import PhotoError, decode_photo, perceptual_hash
from tests.masks.conftest import encoded, picture

MOST = 10**6


def decode(path: Path, content: bytes, most: int = MOST):
    path.write_bytes(content)
    return decode_photo(path, most)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_kinds_without_loss_give_their_pixels(tmp_path: Path, kind: str):
    pixels = np.asarray(Image.fromarray(picture()).quantize(16).convert("RGB")) if kind == "GIF" else picture()
    np.testing.assert_array_equal(decode(tmp_path / "a", encoded(pixels, kind)).pixels[..., ::-1], pixels)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_kinds_with_loss_come_close(tmp_path: Path, kind: str):
    found = decode(tmp_path / "a", encoded(picture(), kind, quality=95)).pixels[..., ::-1]
    assert np.abs(found.astype(int) - picture()).mean() < 5


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (picture()[..., 0], np.repeat(picture()[..., :1], 3, axis=2)),
        (np.dstack([picture(), np.full((40, 60), 7, np.uint8)]), picture()),
        (picture()[..., 0].astype(np.uint16) * 257, np.repeat(picture()[..., :1], 3, axis=2)),
    ],
    ids=["gray", "transparent", "16 bits"],
)
def test_gray_transparency_and_16_bits_become_8_bit_colour(tmp_path: Path, made: np.ndarray, expected: np.ndarray):
    np.testing.assert_array_equal(decode(tmp_path / "a", encoded(made)).pixels[..., ::-1], expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_photos_are_turned_as_their_orientation_says(tmp_path: Path, orientation: int, kind: str):
    content = encoded(picture(), kind, orientation)
    photo = decode(tmp_path / "a", content)
    with Image.open(tmp_path / "a") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    assert photo.orientation == orientation and photo.stored_size == (60, 40)
    assert photo.size == expected.shape[1::-1]
    assert np.abs(photo.pixels[..., ::-1].astype(int) - expected).max() <= 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"GIF89a", "none of JPEG, PNG, GIF, BMP, WEBP, TIFF"),
        (b"<svg/>", "none of JPEG"),
        (encoded(picture())[:-3000], "cut off, damaged"),
        (encoded(picture(), "JPEG")[:-300], "cut off or damaged"),
        (encoded(picture(1001, 1000)), "1001 x 1000 pixels are more than crop.max_pixels: 1000000"),
    ],
)
def test_a_photo_that_cannot_be_decoded_says_why(tmp_path: Path, content: bytes, said: str):
    with pytest.raises(PhotoError, match=said):
        decode(tmp_path / "a", content)


def test_there_is_no_file(tmp_path: Path):
    with pytest.raises(PhotoError, match="cannot be read"):
        decode_photo(tmp_path / "none", MOST)


def test_the_hash_of_a_copy_is_near_and_of_another_photo_far():
    def bits(pixels: np.ndarray) -> int:
        return int(perceptual_hash(np.ascontiguousarray(pixels)), 16)

    photo = picture(300, 200)
    copy = cv2.resize(photo, (210, 140), interpolation=cv2.INTER_AREA)
    other = picture(300, 200, seed=1)
    assert (bits(photo) ^ bits(copy)).bit_count() < 20
    assert (bits(photo) ^ bits(other)).bit_count() > 80
