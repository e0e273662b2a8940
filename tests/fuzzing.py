"""How many examples a property tries: some in the test suite, many times more in ``make fuzz``."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

from stages.errors import InputError

TIMES = int(os.environ.get("FUZZ", "1"))


def examples(count: int) -> settings:
    """Try ``count`` examples, times the environment variable ``FUZZ``."""
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    # The folder of a test is made once for all its examples; each writes the files that it reads.
    return settings(
        max_examples=count * TIMES, deadline=None, suppress_health_check=(*slow, HealthCheck.function_scoped_fixture)
    )


def attempt(task: Callable[[], Any]) -> tuple[Any, str]:
    """What ``task`` returns, and what it says where it refuses its input, in one line; else an empty text."""
    try:
        return task(), ""
    except InputError as error:
        said = str(error)
    assert is_one_line(said)
    return None, said


def is_one_line(said: str) -> bool:
    """Whether a terminal shows it as one line of text, without obeying it."""
    return len(said.splitlines()) == 1 and "\x1b" not in said
