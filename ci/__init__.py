"""What reruns, repeats and sweeps the pipeline: the logic of CI, which runs the same without GitHub."""

import stages  # noqa: F401  what it does for Ctrl-C comes before all other imports
