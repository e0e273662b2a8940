"""docs/benchmarks.md from benchmarks/results.csv and the prose in page.md.j2."""

from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks import results
from benchmarks.machine import NO_GPU
from stages.files import read_json, write_text

PAGE = Path("docs/benchmarks.md")
# What in the name of a competitor says that nothing here can be faster.
FLOORS = {"dnn": "np.dot", "crop": "Pillow", "pipeline": "stages of one file each"}
HEAD = """\
| what | competitor | median | from – to | times | ours / it | aim | met |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"""


def write_page() -> None:
    """Write the page."""
    rows = results.read()
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    machine = read_json(results.MACHINE) if results.MACHINE.exists() else {}
    page = environment.get_template("page.md.j2").render(
        table=lambda name: markdown(rows, name),
        aims=lambda: aims(rows),
        machine=machine,
        gpu=machine.get("GPU", NO_GPU) != NO_GPU,
    )
    write_text(PAGE, page.rstrip() + "\n")
    print(f"written: {PAGE}")


def markdown(rows: pd.DataFrame, name: str) -> str:
    """The rows of the benchmark ``name`` as a table, or a word that there are none."""
    mine = rows[rows["benchmark"] == name]
    return "\n".join([HEAD, *map(_line, mine.itertuples())]) if len(mine) else "*Not measured yet.*"


def aims(rows: pd.DataFrame) -> str:
    """How many aims were met, and those that were not, a line each with what the floor would reach."""
    numbers = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in ("ratio", "aim")})
    judged = numbers[numbers["aim"].notna() & numbers["ratio"].notna()]
    missed = judged[judged["ratio"] > judged["aim"]]
    head = f"{len(judged) - len(missed)} of {len(judged)} aims are met" + (". Missed:\n" if len(missed) else ".")
    return "\n".join([head, *(_missed(row, rows) for row in missed.itertuples())])


def _missed(row, rows: pd.DataFrame) -> str:
    """A missed aim, and the quotient of the medians of the floor that was raced with it and of the competitor."""
    line = f"- {row.what}, against {row.competitor}: {row.ratio:.3g}, aim {row.aim:.3g}"
    same = rows[(rows["benchmark"] == row.benchmark) & (rows["what"] == row.what)]
    floor = same[same["competitor"].str.contains(FLOORS.get(row.benchmark, "no floor"), regex=False)]
    if floor.empty or floor.iloc[0].competitor == row.competitor:
        return line
    return f"{line}; {floor.iloc[0].competitor} would reach {floor.iloc[0]['median'] / row.median:.3g}"


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
