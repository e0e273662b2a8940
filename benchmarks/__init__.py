"""Time against peers: `make bench` writes docs/benchmarks.md."""
