"""The benchmarks: taking turns, ratios, the table, and that each still runs in its smallest form."""

import gc
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import results, timing
from benchmarks.row import OURS, Row, rows_of, to_table
from benchmarks.write import markdown, write_page
from stages.errors import InputError
from tests.pipeline import PROJECT


def test_competitors_take_turns_and_none_always_follows_the_same_one():
    called = []
    seconds = timing.race({name: lambda name=name: called.append(name) for name in "abc"}, repetitions=3, warm_up=2)
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 3, "b": 3, "c": 3}
    rounds = ["".join(called[i : i + 3]) for i in range(0, len(called), 3)]
    assert rounds == ["bca", "cab", "abc", "bca", "cab"]


def test_what_is_timed_is_the_call_alone_with_the_collector_off(monkeypatch):
    clock, off = iter([5.0, 7.5]), []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    assert timing.time_once(lambda: off.append(gc.isenabled())) == 2.5
    assert off == [False]
    assert gc.isenabled()


def test_the_collector_is_on_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        timing.time_once(lambda: 1 / 0)
    assert gc.isenabled()


def test_the_ratio_is_that_within_a_round():
    # A slow second round: the quotient of the medians would be 3 / 2.
    values = {"peer": np.array([2.0, 20.0, 1.0]), OURS: np.array([1.0, 10.0, 3.0])}
    ours, peer = rows_of("b", "w", values, {"peer": 0.5})
    assert (ours.competitor, ours.median, ours.ratio, ours.met) == (OURS, 3, None, None)
    assert (peer.median, peer.minimum, peer.maximum, peer.repetitions) == (2, 1, 20, 3)
    assert peer.ratio == 0.5
    assert peer.met
    assert not rows_of("b", "w", values, {"peer": 0.49})[1].met


def test_an_aim_for_nobody_is_refused():
    with pytest.raises(ValueError, match="did not run: pear"):
        rows_of("b", "w", {OURS: np.ones(1), "peer": np.ones(1)}, {"pear": 1})


def row(benchmark: str, **changes) -> Row:
    given = {"what": "w", "competitor": "peer", "unit": "s", "median": 1.0, "minimum": 0.5, "maximum": 2.0}
    return Row(benchmark, **given | {"repetitions": 3} | changes)


def test_a_benchmark_replaces_its_own_rows_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.save("one", [row("one"), row("one")], {"cpu": "a"})
    results.save("two", [row("two", ratio=0.5, aim=0.6)], {"cpu": "a"})
    results.save("one", [row("one", median=0.123456789)], {"cpu": "a"})
    table = results.read()
    assert table["benchmark"].tolist() == ["two", "one"]
    assert table["median"].tolist() == [1, 0.123457]
    assert json.loads(results.MACHINE.read_text()) == {"cpu": "a"}


def test_figures_of_two_machines_are_not_mixed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.check_machine({"cpu": "b"}, ["one"])  # nothing was measured yet
    results.save("one", [row("one")], {"cpu": "a", "numpy": "2"})
    results.check_machine({"cpu": "a", "numpy": "2"}, ["one"])
    results.check_machine({"cpu": "b", "numpy": "2"}, ["two"])  # nothing stays
    with pytest.raises(InputError, match=r"results\.csv: its cpu is a, here it is b; run all"):
        results.check_machine({"cpu": "b", "numpy": "2"}, ["one"])


def test_the_table_says_what_was_met():
    rows = [row("one", competitor=OURS), row("one", ratio=0.5, aim=0.6), row("one", ratio=0.7, aim=0.6), row("two")]
    lines = markdown(to_table(rows), "one").splitlines()
    assert lines[2:] == [
        "| w | this project | 1 s | 0.5 – 2 | 3 |  |  |  |",
        "| w | peer | 1 s | 0.5 – 2 | 3 | 0.5 | ≤ 0.6 | yes |",
        "| w | peer | 1 s | 0.5 – 2 | 3 | 0.7 | ≤ 0.6 | **no** |",
    ]
    assert markdown(to_table(rows), "three") == "*Not measured yet.*"


def test_the_page_reads_the_csv_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [row("dnn", competitor=OURS), row("dnn", ratio=0.7, aim=0.6)]
    results.save("dnn", rows, {"processor": "a fast one"})
    write_page()
    page = Path("docs/benchmarks.md").read_text()
    assert markdown(to_table(rows), "dnn") in page
    assert "- processor: a fast one\n" in page


def test_every_benchmark_has_its_place_on_the_page():
    template = (PROJECT / "benchmarks/page.md.j2").read_text()
    for name in benchmarks.NAMES:
        assert f"{{{{ table('{name}') }}}}" in template


@pytest.mark.parametrize("name", benchmarks.NAMES)
def test_every_benchmark_runs_in_its_smallest_form(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITS", raising=False)
    monkeypatch.delenv("MIRROR", raising=False)
    benchmarks.measure([name], tiny=True)
    if "left out" in capsys.readouterr().out:
        return
    table = results.read()
    assert set(table["benchmark"]) == {name}
    for _, one in table.groupby("what"):
        assert one["competitor"].tolist()[0] == OURS
        assert (one["minimum"] <= one["median"]).all()
        assert (one["minimum"] > 0).all()


def test_an_unknown_name_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = benchmarks.argparse.Namespace(names=["dnm"], page=False)
    with pytest.raises(InputError, match="no such benchmark: dnm; there are dnn"):
        benchmarks.main(arguments)
