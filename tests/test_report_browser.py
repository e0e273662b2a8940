"""The report in a real browser, from ``file://`` and with the network refused."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from stages.pages.report import write_report
from stages.params import load_params
from tests.report_workspace import chromium, make_workspace

pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium is installed")
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--enable-logging=stderr", "--log-level=0"),
]
SCHEMES = {"dark": 0, "light": 1}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_workspace(folder)
        write_report("report.html", load_params())
    return folder / "report.html"


def browse(page: Path, scheme: str = "light", width: int = 1440) -> tuple[str, list[str], list[str]]:
    """Return the document after its scripts ran, what the console said, and the addresses that were asked for."""
    log = page.with_name("network.json")
    command = [chromium(), *QUIET, f"--user-data-dir={page.with_name('profile')}", f"--log-net-log={log}"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"]
    command += [f"--window-size={width},1000", "--virtual-time-budget=15000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    events = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    # The browser itself asks for updates, in vain; such requests have no page that began them.
    asked = [one["url"] for one in events if "url" in one and one.get("initiator", "not an origin") != "not an origin"]
    return done.stdout, said, asked


def lines_drawn(document: str) -> int:
    return len(re.findall(r'aria-roledescription="line mark"', document))


def test_all_charts_are_drawn_and_no_request_leaves(page: Path) -> None:
    document, said, asked = browse(page)
    assert document.count('class="chart"') == document.count('data-drawn="yes"') == 5
    assert lines_drawn(document) == 8, "two variants in four charts"
    assert said == []
    assert asked == []


def test_a_request_would_be_seen_and_is_refused_by_the_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("</h1>", '</h1><img src="http://example.org/a.png">')
    changed = page.with_name("loads.html")
    changed.write_text(text, encoding="utf-8")
    assert browse(changed)[2] == []
    changed.write_text(text.replace('http-equiv="Content-Security-Policy"', "data-off"), encoding="utf-8")
    assert browse(changed)[2] == ["http://example.org/a.png"]


def test_an_unticked_variant_is_hidden(page: Path) -> None:
    # What a browser restores after a reload: the reader had taken the tick away.
    text = page.read_text(encoding="utf-8")
    unticked = page.with_name("unticked.html")
    unticked.write_text(text.replace('value="slow" checked', 'value="slow"'), encoding="utf-8")
    document, said, _ = browse(unticked)
    assert (lines_drawn(document), said) == (4, [])


def test_the_charts_follow_the_theme_and_the_width(page: Path) -> None:
    light, dark = (browse(page, scheme)[0] for scheme in ("light", "dark"))
    assert 'fill="#1b1f24"' in light and 'fill="#e8ecf0"' not in light
    assert 'fill="#e8ecf0"' in dark and 'fill="#1b1f24"' not in dark
    narrow = browse(page, width=500)[0]
    assert max(map(int, re.findall(r'class="marks" width="(\d+)"', narrow))) <= 500


def test_the_policy_refuses_a_script_that_was_put_in(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    changed = page.with_name("changed.html")
    script = f"<script>document.title = {json.dumps('changed')}; fetch('http://example.org')</script>"
    changed.write_text(text.replace("</body>", script + "</body>"), encoding="utf-8")
    document, said, _ = browse(changed)
    assert "<title>changed" not in document
    assert any("Content Security Policy" in line for line in said)
