"""Vega, Vega-Lite and Vega-Embed as one script."""

from importlib.metadata import version
from pathlib import Path

import vl_convert

from stages.files import write_text

# DVC's own folder for what may be lost at any time; Git ignores it.
FOLDER = Path(".dvc/tmp")


def vega_bundle() -> str:
    """Return the script that vl-convert carries.

    Bundling it takes over a second of computing, so it is kept, for each version of vl-convert, in
    ``.dvc/tmp`` where there is such a folder.
    """
    path = FOLDER / f"vega-bundle-{version('vl-convert-python')}.js"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    bundle = vl_convert.javascript_bundle()
    if FOLDER.is_dir():
        write_text(path, bundle)
    return bundle
