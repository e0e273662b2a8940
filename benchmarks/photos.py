"""Photos to measure on: the real ones of a mirror where there is one, else drawn ones."""

import os
import shutil
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path

from stages import crop_faces
from stages.params import PATH, Params, load_params
from stages.params_edit import Setting, set_values
from stages.sources.gather_faces import gather_faces

PARAMS = Path(__file__).parents[1] / PATH
DRAWN = 780  # as many as hold about 3,500 faces to train on


def mirror_from_here() -> str | None:
    """The mirror that the environment variable ``MIRROR`` names, a folder by its absolute path; None without one."""
    mirror = os.environ.get("MIRROR")
    return str(Path(mirror).absolute()) if mirror and Path(mirror).is_dir() else mirror or None


def write_params(folder: Path, settings: Iterable[Setting]) -> None:
    """Write the project's parameters with other settings into ``folder``."""
    shutil.copyfile(PARAMS, folder / PATH)
    set_values(settings, folder / PATH)


def make_workplace(folder: Path, tiny: bool = False) -> tuple[Params, str]:
    """Write ``params.yaml`` and ``data/raw/faces`` into ``folder``; return the parameters and the photos in words.

    The environment variable ``MIRROR`` names a mirror of the Medical Masks photos. Without it, photos are drawn.

    Raises:
        InputError: the mirror is unusable.
    """
    mirror = mirror_from_here()
    settings: list[Setting] = [
        (("faces", "source"), "medical_masks" if mirror else "sample"),
        (("faces", "sample", "photos"), 12 if tiny else DRAWN),
        (("download", "mirror"), mirror),
    ]
    if mirror:
        settings.append((("faces", "missing"), "skip"))
    write_params(folder, settings)
    read = load_params(folder / PATH)
    gather_faces(read.faces, read.download, folder / crop_faces.RAW)
    count = len(list((folder / crop_faces.RAW / "images").iterdir()))
    return read, f"{count} {'real' if mirror else 'drawn'} photos"


def crop(workplace: Path, folder: Path) -> None:
    """Run the stage crop_faces in the empty ``folder`` on the photos of ``workplace``."""
    (folder / "data").mkdir(parents=True)
    (folder / "data/raw").symlink_to(workplace / "data/raw")
    (folder / PATH).symlink_to(workplace / PATH)
    with chdir(folder):
        crop_faces.main(None)
