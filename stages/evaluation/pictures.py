"""Pictures of one variant, and of the differences between variants."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import softmax

from stages.drawing.figures import COLOURS, draw_mosaic, look, message_figure, plt, readable
from stages.evaluation.calibration import calibration_error

MOST_SAMPLES, COLUMNS = 40, 8
MOST_CLASSES = 20
MOST_PAIRS = 40
MOST_LETTERS = 24
MARKERS = "o^sDv*PX"
SIDE = 4.6


def draw_confusion(matrix: np.ndarray, classes: np.ndarray, title: str) -> plt.Figure:
    """Draw counts above percentages of the whole row, coloured by the percentage.

    Of many classes only the 20 are shown that are mixed up most.

    Args:
        matrix: counts (actual, predicted), whole or means over seeds.
        classes: names of rows and columns.
        title: of the picture.
    """
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    if len(classes) > MOST_CLASSES:
        mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
        shown = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
        title += f"; {len(classes) - MOST_CLASSES} more classes are not shown"
        matrix, shares, classes = matrix[np.ix_(shown, shown)], shares[np.ix_(shown, shown)], classes[shown]
    names = _short(classes)
    longest = max(map(len, names))
    side = max(4.2, 0.62 * len(names) + 1.6 + 0.09 * longest)
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=range(len(names)), yticks=range(len(names)), yticklabels=names, xlabel="predicted", ylabel="actual")
    axes.set_xticklabels(names, rotation=90 if longest > 5 else 0)
    axes.set_title(title, fontsize=10)
    for (row, column), share in np.ndenumerate(shares):
        if count := matrix[row, column]:
            text = f"{count:.0f}" if count == round(count) else f"{count:.1f}"
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{text}\n{share:.1%}", ha="center", va="center", fontsize=7.5, color=colour)
    return figure


def most_confident_mistakes(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Places of at most 40 samples that one network got wrong, the most confident first, and how many it got wrong.

    Args:
        logits: (N, K).
        labels: indices (N,).
    """
    confidence = softmax(logits.astype(np.float64), axis=1).max(axis=1)
    wrong = np.flatnonzero(logits.argmax(axis=1) != labels)
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_SAMPLES], len(wrong)


def draw_misclassified(
    images: list[np.ndarray], logits: np.ndarray, labels: np.ndarray, classes: np.ndarray, title: str
) -> plt.Figure:
    """Draw samples that one network got wrong.

    Args:
        images: uint8 (H, W) gray or (H, W, 3) RGB, of these samples alone.
        logits: (M, K) of the network for them.
        labels: indices (M,) of their true classes.
        classes: names (K,).
        title: of the picture.
    """
    if not images:
        return message_figure(f"{title}: no mistake")
    names, confidence = _short(classes, 12), softmax(logits.astype(np.float64), axis=1).max(axis=1)
    texts = [
        f"{names[actual]}\n→ {names[guess]} ({sure:.0%})"
        for actual, guess, sure in zip(labels, logits.argmax(axis=1), confidence, strict=True)
    ]
    rows = -(-len(images) // COLUMNS)
    figure, axes = plt.subplots(figsize=(COLUMNS * 1.15, rows * 1.45 + 0.5), layout="constrained")
    draw_mosaic(axes, images, texts, COLUMNS, font_size=7)
    axes.set_title(title, fontsize=9)
    return figure


def draw_latent(
    latent: dict[str, np.ndarray], axes_names: np.ndarray, labels: np.ndarray, classes: np.ndarray, title: str
) -> plt.Figure:
    """Scatter features of the test samples in two dimensions, coloured by class, one panel a moment of training.

    Args:
        latent: points (N, 2) by the name of the moment.
        axes_names: what the dimensions are called.
        labels: indices (N,) of the true classes.
        classes: names (K,).
        title: of the picture.
    """
    names, columns = _short(classes), -(-len(classes) // MOST_CLASSES)  # first: it may add a font
    size = (5.2 * len(latent) + 0.8, 5)
    figure, panels = plt.subplots(1, len(latent), figsize=size, layout="constrained", squeeze=False)
    for axes, (moment, points) in zip(panels[0], latent.items(), strict=True):
        drawn = []
        for i in range(len(classes)):
            kind = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i // len(COLOURS) % len(MARKERS)]}
            drawn.append(axes.scatter(*points[labels == i].T, s=9, alpha=0.6, linewidths=0, **kind))
        axes.set(title=f"{title}, {moment}", xlabel=axes_names[0], ylabel=axes_names[1])
    beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "ncols": columns}
    panels[0][-1].legend(drawn, names, title="class", markerscale=2.5, fontsize=8, **beside)
    return figure


def draw_precision_recall(curves: list[pd.DataFrame], area: float, share: float, name: str, title: str) -> plt.Figure:
    """Draw each seed's curve of one class, and what guessing would reach.

    Args:
        curves: ``recall,precision`` of each seed.
        area: under them, the mean.
        share: of the class among the test samples (0 to 1).
        name: of the class.
        title: what the picture calls the variant.
    """
    label = _short([name])[0]  # first: it may add a font
    figure, axes = plt.subplots(figsize=(SIDE, SIDE), layout="constrained")
    for number, curve in enumerate(curves):
        axes.step(curve["recall"], curve["precision"], where="pre", linewidth=1.2, **look(number))
    axes.axhline(share, color="0.5", linestyle="--", linewidth=0.8, label="guessing")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=f"recall of {label}", ylabel=f"precision of {label}")
    axes.set_title(f"{title}: a line a seed, mean area {area:.3f}", fontsize=9)
    axes.legend(fontsize=8)
    return figure


def draw_reliability(tables: dict[str, pd.DataFrame], title: str) -> plt.Figure:
    """Draw accuracy against confidence; on the diagonal probabilities are honest.

    Args:
        tables: as :func:`stages.evaluation.calibration.reliability` returns them, by what they are of.
        title: what the picture calls the variant.
    """
    figure, axes = plt.subplots(figsize=(SIDE, SIDE), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=0.8)
    for number, (name, table) in enumerate(tables.items()):
        label = f"{name}: calibration error {calibration_error(table):.3f}"
        axes.plot(
            table["confidence"], table["accuracy"], marker="o", markersize=4, linewidth=1.2, label=label, **look(number)
        )
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel="confidence (mean of the bin)", ylabel="accuracy in the bin")
    axes.set_title(f"{title}: reliability on the test set", fontsize=9)
    axes.legend(fontsize=8)
    return figure


def draw_comparison(table: pd.DataFrame, title: str) -> plt.Figure:
    """Draw the pairs of variants that differ most: each difference and its 95 % interval, one panel a figure.

    Args:
        table: as :func:`stages.evaluation.comparison.compare` returns it.
        title: of the picture.
    """
    figures = ("accuracy", "balanced_accuracy")
    tables = {name: table[table["figure"] == name].reset_index(drop=True) for name in figures}
    gaps = tables["balanced_accuracy"]["difference"].abs().to_numpy()
    if not len(gaps):
        return message_figure(f"{title}: one variant alone, nothing to compare")
    shown = np.sort(np.argsort(-gaps, kind="stable")[:MOST_PAIRS])
    pairs = [f"{second} − {first}" for first, second in tables["accuracy"].loc[shown, ["first", "second"]].to_numpy()]
    figure, panels = plt.subplots(
        1, len(figures), figsize=(10, 0.2 * len(pairs) + 1.2), sharey=True, layout="constrained"
    )
    for axes, name in zip(panels, figures, strict=True):
        for place, row in tables[name].loc[shown].reset_index(drop=True).iterrows():
            colour = "0.6" if row["low"] <= 0 <= row["high"] else COLOURS[0]
            axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.5)
            axes.plot(row["difference"], place, "o", color=colour, markersize=3.5)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set(xlabel=f"difference of test {name.replace('_', ' ')}", yticks=range(len(pairs)), yticklabels=pairs)
        axes.tick_params(axis="y", labelsize=7.5)
    panels[0].invert_yaxis()
    more = f"; the {MOST_PAIRS} of {len(gaps)} pairs that differ most" if len(gaps) > MOST_PAIRS else ""
    figure.suptitle(f"{title}: pairs of variants, 95 % intervals (gray: these data cannot tell){more}", fontsize=10)
    return figure


def _short(names: Iterable[object], most: int = MOST_LETTERS) -> list[str]:
    """Names as pictures can show them, the end of long ones left out."""
    return [name if len(name) <= most else f"{name[: most - 1]}…" for name in readable(names)]
