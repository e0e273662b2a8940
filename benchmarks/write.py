"""docs/benchmarks.md from benchmarks/results.csv and the prose in page.md.j2."""

from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks import results
from stages.files import read_json, write_text

PAGE = Path("docs/benchmarks.md")
HEAD = """\
| what | competitor | median | from – to | times | ours / it | aim | met |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"""


def write_page() -> None:
    """Write the page."""
    rows = results.read()
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    machine = read_json(results.MACHINE) if results.MACHINE.exists() else {}
    page = environment.get_template("page.md.j2").render(table=lambda name: markdown(rows, name), machine=machine)
    write_text(PAGE, page.rstrip() + "\n")
    print(f"written: {PAGE}")


def markdown(rows: pd.DataFrame, name: str) -> str:
    """The rows of the benchmark ``name`` as a table, or a word that there are none."""
    mine = rows[rows["benchmark"] == name]
    return "\n".join([HEAD, *map(_line, mine.itertuples())]) if len(mine) else "*Not measured yet.*"


def _line(row) -> str:
    span = f"{row.minimum:.3g} – {row.maximum:.3g}"
    ratio, aim, met = (_cell(value) for value in (row.ratio, row.aim, row.met))
    return (
        f"| {row.what} | {row.competitor} | {row.median:.3g} {row.unit} | {span} | {row.repetitions} "
        f"| {ratio} | {aim and '≤ ' + aim} | {met} |"
    )


def _cell(value: object) -> str:
    """A number in three digits, yes or no, or nothing."""
    if value == "" or pd.isna(value):
        return ""
    if str(value) in ("True", "False"):
        return "yes" if str(value) == "True" else "**no**"
    return f"{float(value):.3g}"
