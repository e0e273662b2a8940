"""The fully connected network, written from scratch in NumPy (imports no torch)."""
