"""What the pictures show, whatever the classes are called and however many there are."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from stages.drawing.figures import look, readable, save_figure
from stages.evaluation import pictures

NAMES = np.array(["bad", "good", "none"])


@pytest.fixture(autouse=True)
def _closed():
    with plt.rc_context():
        yield
    plt.close("all")


def texts(figure: plt.Figure) -> list[str]:
    """All texts that are drawn into the axes of a figure."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_confusion_shows_counts_and_percentages_of_the_row():
    assert texts(pictures.draw_confusion(np.array([[3, 1], [0, 0]]), NAMES[:2], "")) == ["3\n75.0%", "1\n25.0%"]
    means = np.array([[0.5, 1.5], [0, 2]])
    assert texts(pictures.draw_confusion(means, NAMES[:2], "")) == ["0.5\n25.0%", "1.5\n75.0%", "2\n100.0%"]


def test_of_many_classes_those_are_shown_that_are_mixed_up_most_with_percentages_of_the_whole_row():
    matrix, names = np.diag(np.full(60, 5)), np.array([f"class {i}" for i in range(60)])
    matrix[40:59, 0] = 4
    matrix[40, [1, 2]] = 2  # of classes that are not shown
    figure = pictures.draw_confusion(matrix, names, "plain")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [names[0], *names[40:59]]
    assert figure.axes[0].get_title() == "plain; 40 more classes are not shown"
    assert "5\n38.5%" in texts(figure) and "5\n55.6%" in texts(figure)


def overlapping(axes: plt.Axes) -> bool:
    """Whether two neighbouring labels below the axes overlap."""
    axes.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    return any(one.overlaps(other) for one, other in pairwise(boxes))


def test_long_names_of_classes_do_not_overlap():
    names = np.array(["with_mask", "without_mask", "mask_weared_incorrect", "a name " * 30])
    axes = pictures.draw_confusion(np.eye(4), names, "").axes[0]
    assert not overlapping(axes)
    assert max(len(label.get_text()) for label in axes.get_xticklabels()) == 24


def test_mistakes_come_most_confident_first_and_at_most_40():
    logits = np.array([[9.0, 0], [2, 0], [5, 0], [0, 1]])  # all but the last are taken for the first class
    shown, wrong = pictures.most_confident_mistakes(logits, np.array([0, 1, 1, 1]))
    assert (shown.tolist(), wrong) == ([2, 1], 2)
    shown, wrong = pictures.most_confident_mistakes(np.tile([1.0, 0], (50, 1)), np.ones(50, int))
    assert (shown.tolist(), wrong) == (list(range(40)), 50)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_misclassified_samples_are_one_mosaic_with_a_text_each(shape):
    images, logits = [np.zeros(shape, np.uint8)] * 9, np.tile([0, 2.0, 0], (9, 1))
    figure = pictures.draw_misclassified(images, logits, np.full(9, 2), NAMES, "plain")
    assert len(figure.axes) == 1 and len(figure.axes[0].images) == 1
    assert texts(figure) == ["none\n→ good (79%)"] * 9  # exp(2) / (exp(2) + 2)


def test_where_there_is_no_mistake_the_picture_says_so():
    figure = pictures.draw_misclassified([], np.zeros((0, 3)), np.zeros(0, int), NAMES, "plain")
    assert texts(figure) == ["plain: no mistake"]


def test_sixty_classes_look_different_in_the_latent_plane_and_all_stand_in_the_legend():
    labels = np.arange(120) % 60
    points = np.random.default_rng(0).normal(size=(120, 2))
    names = np.array([f"_class {i}" for i in range(60)])
    figure = pictures.draw_latent({"epoch 1": points, "end": points}, ["x", "y"], labels, names, "plain")
    assert [axes.get_title() for axes in figure.axes] == ["plain, epoch 1", "plain, end"]
    drawn = figure.axes[1].collections
    looks = {(tuple(one.get_facecolor()[0]), one.get_paths()[0].vertices.tobytes()) for one in drawn}
    assert len(drawn) == len(looks) == 60
    np.testing.assert_allclose(drawn[59].get_offsets(), points[[59, 119]])
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == names.tolist()


def pairs(count: int) -> pd.DataFrame:
    """A comparison in which pair ``i`` differs by ``(i - 1) / 1000``."""
    rows = [
        {"first": "a", "second": f"v{i}", "figure": figure, "difference": (i - 1) / 1000, "low": 0, "high": 0}
        for i in range(count)
        for figure in ("accuracy", "balanced_accuracy", "recall x")
    ]
    return pd.DataFrame(rows)


def test_of_many_pairs_the_40_are_shown_that_differ_most():
    figure = pictures.draw_comparison(pairs(42), "digits")
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == [f"v{i} − a" for i in range(42) if i not in (1, 2)], "v0 differs by as much as v2"
    assert "the 40 of 42 pairs that differ most" in figure.get_suptitle()
    assert figure.get_size_inches()[1] < 10


def test_eight_variants_look_different_and_so_do_32():
    assert len({look(i)["color"] for i in range(8)}) == 8
    assert len({tuple(look(i).values()) for i in range(32)}) == 32


def signs_of(path: str) -> set[str]:
    return {chr(code) for code in FT2Font(path).get_charmap()}


def sign_of_another_font() -> str:
    """A sign that the usual font lacks and another one of matplotlib's own has."""
    return min(signs_of(font_manager.findfont("STIXNonUnicode")) - signs_of(font_manager.findfont("DejaVu Sans")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sign", ["口罩", "\U000f1234", sign_of_another_font()])
@pytest.mark.parametrize("draw", range(4))
def test_labels_in_any_script_are_drawn_without_warnings(tmp_path, sign, draw):
    signs = np.array([sign, "$a$", "_hidden"])
    images, logits = [np.zeros((8, 8), np.uint8)] * 3, np.eye(3)
    curve = pd.DataFrame({"recall": [0.5, 1], "precision": [1, 0.5]})
    figure = [  # each as the first picture of a process: a font that it needs is added then
        lambda: pictures.draw_confusion(np.eye(3), signs, "plain"),
        lambda: pictures.draw_misclassified(images, logits, np.array([1, 2, 0]), signs, ""),
        lambda: pictures.draw_latent({"end": np.eye(3)[:, :2]}, ["x", "y"], np.arange(3), signs, ""),
        lambda: pictures.draw_precision_recall([curve], 0.75, 0.1, sign, ""),
    ][draw]()
    save_figure(figure, tmp_path / "picture.png")


def test_a_sign_that_another_font_has_is_shown_by_that_font():
    sign = sign_of_another_font()
    assert readable([f"a{sign}", "plain"]) == [f"a{sign}", "plain"]
    assert any(sign in signs_of(font_manager.findfont(name)) for name in plt.rcParams["font.family"][1:])


def test_a_sign_that_no_font_has_is_an_escape_and_not_a_box():
    assert readable(["a\U000f1234", "\u0378"]) == ["a\\U000f1234", "\\u0378"]
    assert not any("Last Resort" in name for name in plt.rcParams["font.family"])
