"""Pictures: the same bytes every time, and a projection that no library's choice of sign can turn."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from stages.results import pictures
from stages.results.comparison_picture import MOST_PAIRS, draw_comparison
from stages.results.pictures import draw_confusion, draw_latent, draw_misclassified, project, save_figure

NAMES = np.array(["bad", "good", "none"])


def draw(kind: str, seed: int = 0) -> plt.Figure:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 8)
    if kind == "confusion":
        return draw_confusion(rng.integers(0, 30, (3, 3)), NAMES, "cnn.plain")
    if kind == "misclassified":
        images = rng.integers(0, 256, (8, 6, 6, 3)).astype(np.uint8)
        return draw_misclassified(images, rng.normal(size=(8, 3)), labels, NAMES, "cnn.plain")
    return draw_latent({"epoch 1": rng.normal(size=(8, 2)), "end": rng.normal(size=(8, 6))}, labels, NAMES, "latent")


@pytest.mark.parametrize("kind", ["confusion", "misclassified", "latent"])
def test_the_same_content_is_the_same_bytes(kind, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        save_figure(draw(kind, seed), tmp_path / f"{name}.png")
    one = (tmp_path / "one.png").read_bytes()
    assert one == (tmp_path / "two.png").read_bytes()
    assert one != (tmp_path / "other.png").read_bytes()
    assert Image.open(tmp_path / "one.png").width > 200
    assert plt.get_fignums() == []


def texts(figure: plt.Figure) -> list[str]:
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    plt.close(figure)
    return found


def test_confusion_shows_counts_and_row_percentages():
    whole, means = np.array([[3, 1], [0, 0]]), np.array([[0.5, 1.5], [0, 2]])
    assert texts(draw_confusion(whole, NAMES[:2], "")) == ["3\n75.0%", "1\n25.0%"]
    assert texts(draw_confusion(means, NAMES[:2], "")) == ["0.5\n25.0%", "1.5\n75.0%", "2\n100.0%"]


def test_of_many_classes_the_most_mistaken_are_shown():
    count = pictures.MOST_CLASSES + 3
    matrix = np.diag(np.full(count, 5))
    matrix[7, count - 1] = 4  # the last class is mixed up, 38 others come in their order
    figure = draw_confusion(matrix, np.array([f"c{i}" for i in range(count)]), "cnn.plain")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == [*(f"c{i}" for i in range(39)), f"c{count - 1}"]
    assert axes.get_title() == "cnn.plain; 3 more classes are not shown"
    assert "4\n44.4%" in texts(figure)


def test_of_many_pairs_those_that_differ_most_are_shown():
    count = MOST_PAIRS + 2
    pair = {"low": 0, "high": 0}
    rows = [pair | {"first": "a", "second": f"v{i}", "figure": figure, "difference": (i - 1) / 1000}
            for i in range(count) for figure in ("accuracy", "balanced_accuracy")]  # fmt: skip
    figure = draw_comparison(pd.DataFrame(rows), "dnn")
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown == [f"v{i} − a" for i in range(count) if i not in (1, 2)], "v0 differs by as much as v2"
    assert "2 more pairs are not shown" in figure.get_suptitle()
    plt.close(figure)


def test_mistakes_come_most_confident_first():
    logits = np.array([[9.0, 0], [2, 0], [5, 0], [0, 1]])  # all but the last are taken for bad
    figure = draw_misclassified(np.zeros((4, 8, 8), np.uint8), logits, np.array([0, 1, 1, 1]), NAMES, "cnn.plain")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert [title.split("\n")[0] for title in titles] == ["good → bad", "good → bad"]
    assert [title.split("\n")[1] for title in titles] == ["99%", "88%"]  # 1 / (1 + exp(-5)), 1 / (1 + exp(-2))
    assert "2 of 2 mistakes" in figure.get_suptitle()
    plt.close(figure)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wrong", [0, 1, 10])
def test_any_number_of_mistakes_makes_a_picture(wrong, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_SAMPLES", 9)
    logits, labels = np.tile([1.0, 0], (10, 1)), np.zeros(10, int)
    labels[:wrong] = 1
    figure = draw_misclassified(np.zeros((10, 8, 8), np.uint8), logits, labels, NAMES, "x")
    assert sum(bool(axes.images) for axes in figure.axes) == min(wrong, 9)
    save_figure(figure, tmp_path / "misclassified.png")


def test_any_class_name_can_be_drawn(tmp_path):
    names = np.array([r"$\frac{$ costs", "_hidden", "100 %"])
    save_figure(draw_confusion(np.eye(3), names, r"$_{$"), tmp_path / "confusion.png")


@pytest.mark.parametrize("nodes", [3, 8, 60])
def test_projection_is_scikit_learns_up_to_sign(nodes):
    rng = np.random.default_rng(nodes)
    features = rng.normal(size=(200, nodes)) * np.linspace(3, 0.1, nodes) + 5
    points, names = project(features.astype(np.float32))
    expected = PCA(2, svd_solver="full").fit_transform(features)
    assert names == ("principal component 1", "principal component 2")
    for ours, theirs in zip(points.T, expected.T, strict=True):
        np.testing.assert_allclose(ours * np.sign(ours @ theirs), theirs, atol=1e-3)


def test_projection_keeps_its_sign_whatever_the_library_chooses(monkeypatch):
    features, real = np.random.default_rng(0).normal(size=(50, 5)), np.linalg.eigh
    points, _ = project(features)
    monkeypatch.setattr(np.linalg, "eigh", lambda matrix: (real(matrix)[0], -real(matrix)[1]))
    turned, _ = project(features)
    assert (points == turned).all()


def test_one_and_two_features_are_shown_as_they_are():
    two = np.random.default_rng(0).normal(size=(9, 2))
    assert project(two)[0] is two
    points, names = project(two[:, :1])
    assert (points == np.hstack([two[:, :1], np.zeros((9, 1))])).all()
    assert names == ("node 1", "node 2")


def test_dead_features_and_absent_classes_can_be_drawn(tmp_path):
    figure = draw_latent({"end": np.zeros((9, 5), np.float32)}, np.zeros(9, int), NAMES, "dead")
    save_figure(figure, tmp_path / "latent.png")
