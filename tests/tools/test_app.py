"""The page of `make app` in a browser: a digit drawn by the mouse, photos and files that are none, nothing fetched."""

import math
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stages.masks.photos import decode_photo
from tests.helpers import Pipeline
from tools.prediction.faces import detect_faces

pytest.importorskip("gradio", reason="the page needs requirements-app.txt, which is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="requirements-app.txt is not installed")
Page, expect = playwright.Page, playwright.expect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("app")]  # one server for all
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def pipeline(finished_once: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A finished pipeline whose ``simple`` can read, and whose detector of faces is to come from an empty folder."""
    copy = finished_once.copy(tmp_path_factory.mktemp("app") / "copy")
    (copy.folder / "empty").mkdir()
    copy.change(download__mirror="empty", variants__simple__hidden=[60], variants__simple__epochs=40, seeds=[0])
    copy.run("python", "-m", "stages.train", "simple")
    return copy


@pytest.fixture(scope="module")
def address(pipeline: Pipeline) -> Iterator[str]:
    """Where the page is served. The server asks nobody else, and leaves no picture behind."""
    temporary = pipeline.folder / "temporary"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        outside = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        variables = {"TMPDIR": str(temporary), "HTTP_PROXY": outside, "HTTPS_PROXY": outside, "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-m", "tools.app"]
        with subprocess.Popen(
            command, cwd=pipeline.folder, env=os.environ | variables, stdout=subprocess.PIPE, text=True
        ) as server:
            yield re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())[0]
            server.terminate()
        assert server.returncode == 143 and not [one for one in temporary.rglob("*") if one.is_file()]
        with pytest.raises(BlockingIOError):
            proxy.accept()


@pytest.fixture
def page(address: str, browser: str) -> Iterator[Page]:
    """The page in a narrow window; it asks its own server alone."""
    asked = []
    rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", rules])
        page = chromium.new_page(viewport={"width": 400, "height": 800})
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        page.goto(address)
        yield page
        chromium.close()
    assert {one.netloc for one in asked if one.scheme not in ("data", "blob")} == {urlsplit(address).netloc}


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """Draw one stroke through points in shares of the canvas."""
    box = page.locator("canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places:
        page.mouse.move(*place)
    page.mouse.up()


def test_a_digit_that_the_mouse_draws_is_read(page: Page):
    page.locator("canvas").scroll_into_view_if_needed()
    simple = page.locator("[data-variant=simple]")
    draw(page, [(0.5 + 0.2 * math.sin(i / 8), 0.5 - 0.35 * math.cos(i / 8)) for i in range(52)])
    expect(simple).to_have_attribute("data-label", "0")
    page.get_by_text("Clear").click()
    expect(simple).to_have_count(0)
    draw(page, [(0.5, 0.15), (0.5, 0.85)])
    expect(simple).to_have_attribute("data-label", "1")
    expect(page.locator(".variant")).to_have_count(3)
    page.get_by_label("residual").uncheck()
    expect(page.locator(".variant")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_photo_shows_its_faces_and_a_file_that_is_none_a_sentence(page: Page, pipeline: Pipeline, tmp_path: Path):
    page.get_by_role("tab", name="Faces").click()
    panel = page.get_by_role("tabpanel").filter(visible=True)
    upload = panel.locator("input[type=file]")
    photo = sorted((pipeline.folder / "data/raw/masks/images").glob("*.jpg"))[0]
    upload.set_input_files(photo)
    expect(panel.locator(".note")).to_contain_text("the whole picture is taken for one face")
    expect(panel.locator(".thing")).to_have_count(1)
    expect(panel.get_by_label("is one face")).to_be_checked()
    panel.get_by_label("Clear").or_(panel.get_by_label("Remove Image")).first.click()
    expect(panel.locator(".thing")).to_have_count(0)
    (tmp_path / "odd.jpg").write_text("no photo", encoding="utf-8")
    upload.set_input_files(tmp_path / "odd.jpg")
    expect(panel.locator(".note")).to_contain_text("cut off, damaged, or none of JPEG")


def test_the_faces_that_the_detector_finds_have_boxes(
    page: Page, pipeline: Pipeline, shared_data: Path, monkeypatch: pytest.MonkeyPatch
):
    pipeline.change(download__mirror=str(shared_data))
    monkeypatch.chdir(pipeline.folder)
    photos = sorted((pipeline.folder / "data/raw/masks/images").glob("*.jpg"))
    counts = {photo: len(detect_faces(decode_photo(photo, 10**7).pixels)) for photo in photos}
    photo, count = max(counts.items(), key=lambda item: item[1])
    assert count > 2
    page.get_by_role("tab", name="Faces").click()
    panel = page.get_by_role("tabpanel").filter(visible=True)
    panel.locator("input[type=file]").set_input_files(photo)
    expect(panel.locator(".thing")).to_have_count(count)
    expect(panel.locator(".variant")).to_have_count(2 * count)
    expect(panel.locator("figcaption")).to_have_text(f"{count} faces, with the labels of balanced")
