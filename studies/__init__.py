"""The study on the real data: its settings, its run in a folder of its own, and the page of its results."""
