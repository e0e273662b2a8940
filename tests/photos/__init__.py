"""Every kind of photo that is to be read or refused, generated, by format and by what it is."""

from functools import cache
from types import ModuleType

from tests.photos import bmp, gif, jpeg, others, png, tiff, webp
from tests.photos.base import Bad, Good

FORMATS: dict[str, ModuleType] = {"JPEG": jpeg, "PNG": png, "GIF": gif, "WebP": webp, "BMP": bmp, "TIFF": tiff}


@cache
def good_photos() -> dict[str, Good]:
    """All files to read; names begin with the format."""
    return {f"{kind}: {name}": each for kind, module in FORMATS.items() for name, each in module.good().items()}


@cache
def bad_photos() -> dict[str, Bad]:
    """All files to refuse."""
    found = {f"{kind}: {name}": each for kind, module in FORMATS.items() for name, each in module.bad().items()}
    return found | {f"other: {name}": each for name, each in others.bad().items()}
