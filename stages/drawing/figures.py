"""Saving figures, colours that everybody can tell apart, and labels in any script."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: servers and CI have no screen

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from stages.storage.files import atomic_file

plt.rcParams["text.parse_math"] = False  # a class may be called "$a$"

DPI = 110
# Okabe and Ito's colours, told apart by people with any of the usual colour blindnesses.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
LINES = ("-", "--", ":", "-.")
USUAL_FONT = "DejaVu Sans"
BOXES = "Last Resort"  # comes with matplotlib, and has a box with a code for every sign there is


def look(number: int) -> dict[str, str]:
    """Colour and line style of the line ``number`` (from 0) of a picture: 32 lines look different."""
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number // len(COLOURS) % len(LINES)]}


def save_figure(figure: plt.Figure, path: str | Path) -> None:
    """Write the figure as PNG, atomically, and close it."""
    with atomic_file(path) as partial:
        figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
    plt.close(figure)


def hide_axes(grid: np.ndarray | plt.Axes) -> None:
    """Show nothing of the axes in ``grid`` but what is drawn into them."""
    for axes in np.ravel(grid):
        axes.set_axis_off()
        axes.set(xticks=[], yticks=[])  # not seen either way, but the layout would measure every one


def message_figure(text: str) -> plt.Figure:
    """A figure that says that there is nothing to draw."""
    figure, axes = plt.subplots(figsize=(5, 1.2), layout="constrained")
    hide_axes(axes)
    axes.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def draw_mosaic(axes: plt.Axes, tiles: list[np.ndarray], titles: list[str], columns: int, font_size: float) -> None:
    """Draw pictures of one size in rows of ``columns``, each below its title of one or more lines.

    One image and a text for each tile take a tenth of the time of as many axes.

    Args:
        axes: to draw into; its figure should be about as wide as high for each tile.
        tiles: uint8, (H, W) gray or (H, W, 3) RGB.
        titles: as many.
        columns: of tiles.
        font_size: of the titles.
    """
    hide_axes(axes)
    if not tiles:
        return
    height, width = tiles[0].shape[:2]
    lines = max(title.count("\n") for title in titles) + 1
    high, wide, rows = height + round(0.17 * height * lines), width + max(2, width // 10), -(-len(tiles) // columns)
    canvas = np.full((rows * high, columns * wide, 3), 255, np.uint8)
    for place, (tile, title) in enumerate(zip(tiles, titles, strict=True)):
        top, left = (place // columns) * high + high - height, (place % columns) * wide
        canvas[top : top + height, left : left + width] = tile if tile.ndim == 3 else tile[..., None]
        axes.text(left + width / 2, top - 1, title, fontsize=font_size, ha="center", va="bottom", linespacing=0.95)
    axes.imshow(canvas, interpolation="nearest", aspect="equal")


def readable(names: Iterable[object]) -> list[str]:
    """Names as pictures can show them: with a font of this system that has their signs, else as escapes.

    Call it before the figure is made: a text keeps the fonts of the moment when its axes were made.
    """
    shown = []
    for name in map(str, names):
        lacking = {sign for sign in name if ord(sign) not in _signs_of(font_manager.findfont(USUAL_FONT))}
        if lacking and (font := _font_with(frozenset(lacking))):
            if font not in plt.rcParams["font.family"]:
                plt.rcParams["font.family"] = [*plt.rcParams["font.family"], font]
            lacking = set()
        shown.append("".join(ascii(sign)[1:-1] if sign in lacking else sign for sign in name))
    return shown


@cache
def _signs_of(path: str) -> frozenset[int]:
    return frozenset(FT2Font(path).get_charmap())


@cache
def _font_with(signs: frozenset[str]) -> str | None:
    """The first font of the system, by its name, that has all these signs."""
    codes = {ord(sign) for sign in signs}
    fonts = sorted((font.name, font.fname) for font in font_manager.fontManager.ttflist)
    return next((name for name, path in fonts if codes <= _signs_of(path) and not name.startswith(BOXES)), None)
