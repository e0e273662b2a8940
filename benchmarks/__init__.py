"""Measurements against peers: ``python -m benchmarks [NAME …]``, or ``make bench``.

A benchmark is a module of this package that :data:`benchmarks.__main__.NAMES` lists. Its docstring says what is
measured, and ``measure(tiny=False) -> list[Row]`` measures it; ``tiny`` asks for the smallest form that still runs
every line, for the tests. :func:`benchmarks.timing.race` times the competitors, :func:`benchmarks.row.rows_of` turns
its seconds into rows, and page.md.j2 has a section for each benchmark.
"""
