"""Vega, Vega-Lite and Vega-Embed as one script."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from stages.files import write_text

# DVC's own folder for what may be lost at any time; Git ignores it.
FOLDER = Path(".dvc/tmp")
BUNDLE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


def vega_bundle() -> str:
    """Return the script that vl-convert carries.

    Bundling it takes over a second of computing, so it is kept, for each version of vl-convert, in
    ``.dvc/tmp`` where there is such a folder.
    """
    path = FOLDER / f"vega-bundle-{version('vl-convert-python')}.js"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    # In a process of its own: it computes without letting any other thread run, so that no Ctrl-C would be heard.
    done = subprocess.run([sys.executable, "-c", BUNDLE], stdout=subprocess.PIPE, check=True, start_new_session=True)
    bundle = done.stdout.decode("utf-8")
    if FOLDER.is_dir():
        write_text(path, bundle)
    return bundle
