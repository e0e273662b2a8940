"""A reproducible vision pipeline: one door (module) per DVC stage, and the rooms behind them."""

import sys

if sys.argv[:1] == ["-m"]:  # Python is looking for the module that `python -m stages.NAME` is to run.
    from stages.interrupts import end_while_importing

    end_while_importing()
