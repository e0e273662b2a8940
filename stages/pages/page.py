"""From a template to one HTML file that carries everything and loads nothing."""

import base64
import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from stages.errors import InputError
from stages.files import write_text
from stages.pages.vega_bundle import vega_bundle

FOLDER = Path(__file__).parent
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGE_PICTURE = 30_000  # bytes
WEBP_QUALITY = 85  # of 100: letters and thin lines stay clean


@cache
def _templates() -> Environment:
    files = FileSystemLoader(FOLDER)
    return Environment(loader=files, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _scripts() -> tuple[str, str]:
    """Vega, Vega-Lite and Vega-Embed in one piece, and our own script that draws with them."""
    return vega_bundle(), (FOLDER / "charts.js").read_text(encoding="utf-8")


def write_page(path: str | Path, template: str, **content: Any) -> None:
    """Render ``template`` and write the page, atomically.

    A Content-Security-Policy in the page forbids the browser every request. Only the two scripts that stand in
    the page may run: they are named by their SHA-256.
    """
    scripts = _scripts()
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    page = _templates().get_template(template)
    content |= {
        "style": Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        "scripts": [Markup(script) for script in scripts],
        "script_hashes": Markup(hashes),
    }
    write_text(path, page.render(content))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def data_uri(path: str | Path) -> str | None:
    """Return a PNG file as a ``data:`` address, or None where there is no such file.

    A large picture is packed as WebP where that is smaller, so that the page stays light.

    Raises:
        InputError: the file is no PNG.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        packed = _as_webp(content) if len(content) > LARGE_PICTURE else content
    except Exception:  # Pillow raises errors of many kinds for a picture that it cannot read
        packed = b""
    if not content.startswith(PNG_SIGNATURE) or not packed:
        raise InputError(f"{path}: not a PNG picture; run `dvc checkout` or `dvc repro`")
    kind, smaller = ("webp", packed) if len(packed) < len(content) else ("png", content)
    return f"data:image/{kind};base64," + base64.b64encode(smaller).decode("ascii")


def _as_webp(content: bytes) -> bytes:
    packed = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.convert("RGB").save(packed, "WEBP", quality=WEBP_QUALITY, method=2)
    return packed.getvalue()
