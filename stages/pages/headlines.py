"""Which figures come first, and which way is better."""

HEADLINES = ("test.accuracy", "test.balanced_accuracy", "test.macro_f1", "test.error_rate", "test.loss")
HIGH_IS_GOOD = ("accuracy", "balanced_accuracy", "macro_f1", "precision", "recall", "f1", "average_precision")
LOW_IS_GOOD = ("loss", "error_rate", "calibration_error")
DEVIATIONS = ("std.", "natural.std.")


def high_is_good(key: str) -> bool | None:
    """Whether a high value of ``test.loss`` and the like is good; None where neither way is."""
    last = key.rsplit(".", 1)[-1]
    if key.startswith(DEVIATIONS) or last not in HIGH_IS_GOOD + LOW_IS_GOOD:
        return None
    return last in HIGH_IS_GOOD


def short_name(file: str) -> str:
    """``metrics/cnn/step_lr/metrics.json`` -> ``cnn.step_lr``, ``…/probabilities.json`` -> ``… probabilities``."""
    name = file.removeprefix("metrics/").removesuffix("/metrics.json")
    return name.replace("/probabilities.json", " probabilities").replace("/", ".")
