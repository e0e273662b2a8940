"""What ``dvc repro`` did with every stage, read from what it printed."""

import re

# DVC's own words, beside ours.
OUTCOMES = (
    (re.compile(r"^Running stage '([^']+)'"), "ran"),
    (re.compile(r"^Stage '([^']+)' is cached - skipping run"), "from the cache"),
    (re.compile(r"^Stage '([^']+)' didn't change, skipping"), "unchanged"),
    (re.compile(r"^ERROR: failed to reproduce '([^']+)'"), "failed"),
)


def read_outcomes(log: str) -> dict[str, str]:
    """Return stage: ``ran``, ``from the cache``, ``unchanged`` or ``failed``, in the order of the run.

    ``dvc repro`` prints nothing about the stages when all of them are up to date; the result is then empty.
    """
    outcomes = {}
    for line in log.splitlines():
        for pattern, outcome in OUTCOMES:
            if found := pattern.match(line.strip()):
                outcomes[found[1]] = outcome
    return outcomes
