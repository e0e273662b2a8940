"""A reproducible vision pipeline: one door (module) per DVC stage, and the rooms behind them."""
