"""What people run by hand beside `dvc repro`: looking at results, comparing, sweeping, checking."""
