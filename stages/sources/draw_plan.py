"""How many faces each photo shows and how their labels are shared out, before anything is drawn."""

import numpy as np

LABELS = ("good", "bad", "none")
SHARES = (0.80, 0.17, 0.03)
MEAN_FACES = 6
MOST_FACES = 20
_FEWEST_OF_A_CLASS = 2


def label_plan(photos: int, rng: np.random.Generator) -> list[list[str]]:
    """Labels of the faces of every photo.

    There are ``MEAN_FACES`` faces a photo on the whole, 1 to ``MOST_FACES`` on each, in the proportions of
    ``SHARES``. The rare class is spread over as many photos as it can be, so that a split by photo keeps some of
    it on both sides; people without a mask keep together, as they do in real photos.
    """
    counts = face_counts(photos, rng)
    totals = class_totals(int(counts.sum()))
    left = counts.copy()
    shares = {"none": np.ones(photos), "bad": rng.gamma(0.7, 1.0, photos) + 0.01}
    taken = {label: _spread(totals[label], left, shares[label], label == "none", rng) for label in ("none", "bad")}
    plan = []
    for photo in range(photos):
        labels = ["none"] * taken["none"][photo] + ["bad"] * taken["bad"][photo] + ["good"] * left[photo]
        plan.append([labels[index] for index in rng.permutation(len(labels))])
    return plan


def class_totals(faces: int) -> dict[str, int]:
    """Faces of each class: the nearest to ``SHARES``, at least two of each."""
    none, bad = (max(round(share * faces), _FEWEST_OF_A_CLASS) for share in (SHARES[2], SHARES[1]))
    return {"good": faces - bad - none, "bad": bad, "none": none}


def face_counts(photos: int, rng: np.random.Generator) -> np.ndarray:
    """Faces of each photo, int64 (photos,): a few on most, up to ``MOST_FACES``, ``MEAN_FACES`` on average."""
    counts = np.clip(np.rint(rng.gamma(1.4, MEAN_FACES / 1.4, photos)), 1, MOST_FACES).astype(np.int64)
    surplus = int(counts.sum()) - MEAN_FACES * photos
    while surplus:
        step = -np.sign(surplus)
        able = np.flatnonzero((counts + step >= 1) & (counts + step <= MOST_FACES))
        chosen = rng.choice(able, min(abs(surplus), len(able)), replace=False)
        counts[chosen] += step
        surplus += int(step) * len(chosen)
    return counts


def _spread(total: int, left: np.ndarray, shares: np.ndarray, even: bool, rng: np.random.Generator) -> np.ndarray:
    """Share ``total`` faces of a class out over the photos and take them off ``left``, faces without a label yet.

    At least two photos get one; with ``even`` no photo gets a second one before all others had their first.
    """
    taken = np.zeros(len(left), np.int64)
    for number in range(total):
        room = left > 0
        if even or number < _FEWEST_OF_A_CLASS:
            fewest = taken[room].min()
            room &= taken == fewest
        weights = shares * room
        photo = rng.choice(len(left), p=weights / weights.sum())
        taken[photo] += 1
        left[photo] -= 1
    return taken
