"""Pictures of one variant: confusion matrix, misclassified samples, latent features.

Drawn by matplotlib without a screen; PNG, the same bytes every time.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: servers and CI have no screen

import matplotlib.pyplot as plt
import numpy as np

from stages.files import atomic_file

plt.rcParams["text.parse_math"] = False  # a class may be called "$a$"

DPI = 110
MOST_SAMPLES = 40
MOST_CLASSES = 40
COLUMNS = 8


def save_figure(figure: plt.Figure, path: str | Path) -> None:
    """Write the figure as PNG, atomically, and close it."""
    with atomic_file(path) as partial:
        figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None})
    plt.close(figure)


def draw_confusion(matrix: np.ndarray, classes: np.ndarray, title: str) -> plt.Figure:
    """Draw counts above row percentages, coloured by the percentage.

    Of many classes only those are shown that are mixed up most.

    Args:
        matrix: counts (actual, predicted), whole or means over seeds.
        classes: names of rows and columns.
    """
    if len(classes) > MOST_CLASSES:
        shown = _most_mistaken(matrix)
        title += f"; {len(classes) - MOST_CLASSES} more classes are not shown"
        matrix, classes = matrix[np.ix_(shown, shown)], classes[shown]
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(4.2, 0.62 * len(classes) + 1.6)
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=range(len(classes)), yticks=range(len(classes)), xticklabels=classes, yticklabels=classes)
    axes.set(xlabel="predicted", ylabel="actual", title=title)
    for (row, column), share in np.ndenumerate(shares):
        count = matrix[row, column]
        if count:
            text = f"{count:.0f}" if count == round(count) else f"{count:.1f}"
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{text}\n{share:.1%}", ha="center", va="center", fontsize=7.5, color=colour)
    return figure


def _most_mistaken(matrix: np.ndarray) -> np.ndarray:
    """Indices of the ``MOST_CLASSES`` classes with the most mistakes in their rows and columns, in their order."""
    mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
    return np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])


def draw_misclassified(
    images: np.ndarray, logits: np.ndarray, labels: np.ndarray, classes: np.ndarray, title: str
) -> plt.Figure:
    """Draw the samples that one network got wrong, the most confident mistakes first.

    Args:
        images: uint8 (N, H, W) gray or (N, H, W, 3) RGB.
        logits: (N, K) of the network.
        labels: indices (N,) of the true classes.
    """
    highest = logits.max(axis=1, keepdims=True)
    confidence = 1 / np.exp(logits - highest).sum(axis=1)
    predicted = logits.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_SAMPLES]
    rows = max(1, -(-len(shown) // COLUMNS))
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(COLUMNS * 1.15, rows * 1.35 + 0.6), layout="constrained")
    hide_axes(grid)
    for axes, i in zip(np.ravel(grid), shown, strict=False):
        axes.imshow(images[i], cmap="gray", vmin=0, vmax=255)
        axes.set_title(f"{classes[labels[i]]} → {classes[predicted[i]]}\n{confidence[i]:.0%}", fontsize=7.5)
    figure.suptitle(f"{title}: {len(shown)} of {len(wrong)} mistakes (actual → predicted, confidence)", fontsize=9)
    return figure


def hide_axes(grid: np.ndarray) -> None:
    """Show nothing of the axes in ``grid`` but what is drawn into them."""
    for axes in np.ravel(grid):
        axes.set_axis_off()
        axes.set(xticks=[], yticks=[])  # not seen either way, but the layout would measure every one


def draw_latent(latent: dict[str, np.ndarray], labels: np.ndarray, classes: np.ndarray, title: str) -> plt.Figure:
    """Scatter the latent features of the test samples, coloured by class, one panel a moment of training.

    More than two features are shown on their first two principal components.

    Args:
        latent: features (N, nodes) by the name of the moment.
        labels: indices (N,) of the true classes.
    """
    figure, panels = plt.subplots(
        1, len(latent), figsize=(5.2 * len(latent) + 0.8, 5), layout="constrained", squeeze=False
    )
    for axes, (moment, features) in zip(panels[0], latent.items(), strict=True):
        points, names = project(features)
        for i, name in enumerate(classes):
            chosen = points[labels == i]
            axes.scatter(*chosen.T, s=5, alpha=0.6, linewidths=0, color=plt.cm.tab10(i % 10), label=name)
        axes.set(title=f"{title}, {moment}", xlabel=names[0], ylabel=names[1])
    panels[0][-1].legend(title="class", markerscale=3, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def project(features: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Return two coordinates a sample (N, 2) and their names: the features themselves, or principal components.

    The components are the right singular vectors of the centred features, each turned so that its largest
    entry is positive: otherwise the sign would be left to the linear algebra library.
    """
    if features.shape[1] == 1:
        features = np.hstack([features, np.zeros_like(features)])
    if features.shape[1] == 2:
        return features, ("node 1", "node 2")
    centred = (features - features.mean(axis=0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    components = vectors[:, :-3:-1]
    largest = np.abs(components).argmax(axis=0)
    components = components * np.sign(components[largest, [0, 1]])
    return centred @ components, ("principal component 1", "principal component 2")
