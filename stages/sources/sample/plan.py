"""How many faces each photo shows and how their labels are shared out, before anything is drawn."""

import numpy as np

SHARES = {"none": 0.03, "bad": 0.17}  # the rest is good
MEAN_FACES, MOST_FACES = 6, 20
FEWEST_OF_A_CLASS = 2


def label_plan(photos: int, rng: np.random.Generator) -> list[list[str]]:
    """Labels of the faces of every photo: 1 to 20 faces, 6 on the whole, of the three classes by their shares.

    The rare class is spread over as many photos as it can be, so that a split by photo keeps some of it on both sides;
    people without a mask keep together, as they do in real photos.
    """
    counts = np.clip(np.rint(rng.gamma(1.4, MEAN_FACES / 1.4, photos)), 1, MOST_FACES).astype(int)
    while surplus := int(counts.sum()) - MEAN_FACES * photos:
        step = -int(np.sign(surplus))
        able = np.flatnonzero((counts + step >= 1) & (counts + step <= MOST_FACES))
        counts[rng.choice(able, min(abs(surplus), len(able)), replace=False)] += step
    plan = [["good"] * count for count in counts]
    weights = {"none": np.ones(photos), "bad": rng.gamma(0.7, 1.0, photos) + 0.01}
    for label, share in SHARES.items():
        for number in range(max(round(share * counts.sum()), FEWEST_OF_A_CLASS)):
            room = np.array([labels.count("good") for labels in plan]) > 0
            if label == "none" or number < FEWEST_OF_A_CLASS:  # no photo gets a second before all had their first
                taken = np.array([labels.count(label) for labels in plan])
                room &= taken == taken[room].min()
            chances = weights[label] * room
            labels = plan[rng.choice(photos, p=chances / chances.sum())]
            labels[labels.index("good")] = label
    return [[labels[i] for i in rng.permutation(len(labels))] for labels in plan]
