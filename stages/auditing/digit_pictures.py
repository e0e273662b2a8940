"""The picture of the audit of the digits: duplicates in pairs, and digits whose label their neighbours deny."""

import numpy as np

from stages.auditing.digit_audit import DigitsAudit
from stages.auditing.pairs import Pair
from stages.digits.dataset import CLASSES
from stages.results.pictures import hide_axes, plt

MOST, COLUMNS = 24, 8


def draw_audit(audit: DigitsAudit) -> plt.Figure:
    """Draw pairs of duplicates, across the split and with different labels first, above suspicious labels."""
    splits, labels = audit.splits, audit.labels
    pairs = sorted(
        audit.pairs,
        key=lambda pair: (labels[pair.first] == labels[pair.second], splits[pair.first] == splits[pair.second]),
    )
    tiles = [np.hstack([audit.images[pair.first], audit.images[pair.second]]) for pair in pairs[:MOST]]
    titles = [_pair_title(audit, pair) for pair in pairs[:MOST]]
    # Even steps along the data, which may be sorted by class.
    places = np.linspace(0, len(audit.suspects) - 1, min(MOST, len(audit.suspects))).round().astype(int)
    suspects = audit.suspects[places]
    figure = plt.figure(figsize=(COLUMNS * 1.5, 8.4), layout="constrained")
    upper, lower = figure.subfigures(2, 1)
    _draw_tiles(upper, tiles, titles, f"Duplicates: {len(tiles)} of {len(pairs)} pairs, conflicting labels first")
    titles = [_suspect_title(audit, i) for i in suspects]
    many = f"{len(suspects)} of {len(audit.suspects)}"
    _draw_tiles(lower, audit.images[suspects], titles, f"Labels that all nearest neighbours deny: {many}")
    return figure


def _suspect_title(audit: DigitsAudit, place: int) -> str:
    said, denied = CLASSES[audit.labels[place]], CLASSES[audit.denied[place]]
    return f"{audit.splits[place]} {audit.number(place)}\n{said}, all say {denied}"


def _pair_title(audit: DigitsAudit, pair: Pair) -> str:
    places = (pair.first, pair.second)
    sides = [f"{audit.splits[i]} {audit.number(i)}: {CLASSES[audit.labels[i]]}" for i in places]
    return "\n".join([*sides, f"{pair.kind} {pair.distance:.3f}"])


def _draw_tiles(figure, tiles, titles: list[str], title: str) -> None:
    rows = max(1, -(-len(tiles) // COLUMNS))
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    hide_axes(grid)
    for axes, tile, text in zip(grid.flat, tiles, titles, strict=False):
        axes.imshow(tile, cmap="gray", vmin=0, vmax=255)
        axes.set_title(text, fontsize=6.5)
    figure.suptitle(title if len(tiles) else f"{title.split(':')[0]}: none found", fontsize=10)
