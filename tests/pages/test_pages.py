"""The pages as a browser shows them: every chart drawn, nothing fetched, nothing that did not differ marked."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.helpers import Pipeline

pytestmark = pytest.mark.slow
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def opened(browser: str, page: Path, profile: Path) -> tuple[str, list[str]]:
    """The page's content once its scripts have run, and what it wrote to the console."""
    command = [browser, "--headless", "--disable-gpu", *QUIET, f"--user-data-dir={profile}", "--enable-logging=stderr"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # root may have none
    command += ["--window-size=1400,900", "--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    remarks = ("WARN", "current version of Vega-Lite")  # of Vega-Lite on DVC's own templates
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line and not any(one in line for one in remarks)]
    return done.stdout, said


def check_drawn(content: str, said: list[str]) -> int:
    """Every chart is drawn, the console is empty, and the page forbids every request; returns how many charts."""
    charts = re.findall(r'<figure class="chart"[^>]*>', content)
    assert charts and all('data-drawn="yes"' in chart for chart in charts), charts
    assert said == []
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', content)[1]
    assert "default-src 'none'" in policy and "connect-src" not in policy
    elements = re.sub(r"<script.*?</script>", "", content, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#|data:)', elements), "everything is in the page"
    return len(charts)


def words(content: str) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", content, flags=re.DOTALL).split())


def test_the_report_answers_first_and_tells_what_is_out_of_date(finished: Pipeline, browser: str, tmp_path: Path):
    finished.change(variants__plain__lr=0.002)
    assert finished.python("tools.report") == (0, "written: report.html\n")
    content, said = opened(browser, finished.folder / "report.html", tmp_path / "profile")
    assert check_drawn(content, said) == 10, "a picture of the answer and four of the curves for each study"
    text = words(content)
    assert "plain: out of date, since code, data or parameters have changed. Run make repro ." in text
    assert "★ balanced has the best balanced accuracy on the validation samples, which chose it." in text
    places = [
        text.index(part) for part in ("which chose it", "learning curves and conf", "Confusion of", "Parameters of")
    ]
    assert places == sorted(places), "answers, curves, matrices, then parameters"


def test_the_comparison_shows_what_moved_and_marks_no_chance(finished: Pipeline, browser: str, tmp_path: Path):
    finished.change(variants__simple__lr=0.5, variants__plain__lr=0.002)
    finished.dvc("repro", "compare@digits", "evaluate@simple")
    details = finished.folder / "metrics/masks/plain"
    for name in ("metrics.json", "details.json"):  # as if other data had been measured, and better
        found = json.loads((details / name).read_text(encoding="utf-8"))
        found["test"]["accuracy"] = 0.99
        if name == "details.json":
            found["data"]["test_sha256"] = "0" * 64
            found["interval"]["accuracy"] = {"low": 0.98, "high": 1.0}
        (details / name).write_text(json.dumps(found), encoding="utf-8")
    assert finished.python("tools.compare", "HEAD") == (0, "written: compare.html\n")
    content, said = opened(browser, finished.folder / "compare.html", tmp_path / "profile")
    assert check_drawn(content, said) > 5
    text = words(content)
    assert "Not comparable, since measured on other test samples than HEAD: masks plain." in text
    assert "variants.simple.lr 0.1 0.5 +0.4" in text
    row = re.search(r"<tr>\s*<th[^>]*>masks plain</th>.*?</tr>", content, re.DOTALL)[0]
    assert "better" not in row


def test_a_name_that_is_no_revision_is_one_line(finished: Pipeline):
    status, said = finished.python("tools.compare", "HAED")
    assert status == 1 and said.startswith("error: 'HAED': no such revision or experiment; see ")
    assert said.count("\n") == 1
