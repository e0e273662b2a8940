"""From a template to one HTML file that carries everything and loads nothing."""

import base64
import hashlib
import io
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from markupsafe import Markup
from PIL import Image, UnidentifiedImageError

from stages.runtime.errors import InputError
from stages.sources.fetch import cache_folder
from stages.storage.files import write_text
from tools.templates import render

FOLDER = Path(__file__).parent
WEBP_QUALITY = 85  # of 100: letters and thin lines stay clean


@cache
def _scripts() -> tuple[str, str]:
    """Vega, Vega-Lite and Vega-Embed in one piece, and our own script that draws with them.

    The piece is kept with the downloads: to put it together takes over two seconds.
    """
    kept = cache_folder() / f"vega-{vl_convert.__version__}.js"
    try:
        vega = kept.read_text(encoding="utf-8")
    except OSError:
        vega = vl_convert.javascript_bundle()
        with suppress(OSError):  # a home that cannot be written to
            write_text(kept, vega)
    return vega, (FOLDER / "charts.js").read_text(encoding="utf-8")


def write_page(path: str | Path, template: str, **content: Any) -> None:
    """Render ``template`` and write the page, atomically.

    A Content-Security-Policy in the page forbids the browser every request. Only the two scripts that stand in
    the page may run: they are named by their SHA-256.
    """
    digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in _scripts()]
    content |= {
        "style": Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        "scripts": [Markup(script) for script in _scripts()],
        "script_hashes": Markup(" ".join(f"'sha256-{digest}'" for digest in digests)),
    }
    write_text(path, render(FOLDER / template, html=True, **content))


def data_uri(path: str | Path) -> str | None:
    """Return a picture as a ``data:`` address, packed as WebP so that the page stays light; None where there is none.

    Raises:
        InputError: the file is no picture.
    """
    packed = io.BytesIO()
    try:
        with Image.open(path) as picture:
            picture.convert("RGB").save(packed, "WEBP", quality=WEBP_QUALITY, method=2)
    except FileNotFoundError:
        return None
    except (UnidentifiedImageError, OSError) as error:
        raise InputError(f"{path}: not a picture ({error}); run `dvc checkout` or `dvc repro`") from None
    return "data:image/webp;base64," + base64.b64encode(packed.getvalue()).decode("ascii")
