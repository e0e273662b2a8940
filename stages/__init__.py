"""The commands of dvc.yaml, and the packages behind them."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

_PYTHON = Path(__file__).parent.parent / ".venv" / "bin" / "python"

# `.venv/bin/dvc repro` runs `python -m stages.…` with whatever Python comes first on the path: where that one lacks the
# packages, the environment's own takes over.
if (
    not all(map(find_spec, ("pydantic", "ruamel", "cv2", "torch")))
    and _PYTHON.exists()
    and _PYTHON.parent.parent != Path(sys.prefix)
):
    os.execv(_PYTHON, [str(_PYTHON), *sys.orig_argv[1:]])
