"""The study on the real data: its settings, its run in a folder of its own, and the page of its results."""

import stages  # noqa: F401  what it does for Ctrl-C comes before all other imports
