"""Pages as a real browser shows them: painted, filtered, on a phone, without scripts, accessible."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, WHY, Browser
from PIL import Image

from placeprint.placemap.place import Answer, Failed, NoMatch, Orientation, Place, Reason
from placeprint.reports import ReportContext, write_html

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY)
COUNT = 300


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def many(place: Place) -> list[Answer]:
    """Located ones of rising confidence, every third without a match, one that was not read."""
    found: list[Answer] = []
    for i in range(COUNT):
        query, confidence = f"/photos/{i // 100}/IMG_{i % 100:04}.jpg", i / COUNT
        if i % 3 == 2:
            found.append(NoMatch(Reason.SCATTERED, confidence, place.matches, query))
        else:
            turned = Orientation.MIRRORED if i == 0 else Orientation.AS_IT_IS
            found.append(replace(place, query=query, confidence=confidence, orientation=turned))
    return [*found, Failed("is damaged", "Copy it again.", "/photos/broken.jpg")]


@pytest.fixture
def context() -> ReportContext:
    picture = np.full((60, 90, 3), 128, np.uint8)
    references = np.array([[52.2053, 0.1218], [52.2054, 0.122]])
    return ReportContext(
        "town.placemap", "0123", "lite0-netvlad", references=references, headings=np.full(2, np.nan),
        picture=lambda _: picture, query_picture=lambda _: picture,
    )  # fmt: skip


def dark(picture: Path) -> float:
    """Share of pixels darker than a quarter."""
    return float(np.mean(np.asarray(Image.open(picture).convert("L")) < 64))


def test_a_long_list_is_painted_filtered_and_sorted(
    browser: Browser, tmp_path: Path, many: list[Answer], context: ReportContext
) -> None:
    page = tmp_path / "many.html"
    write_html(page, many, context)
    browser.resize(1200, 900)
    browser.open(page)
    assert 0.0 < dark(browser.screenshot(tmp_path / "many.png")) < 0.2
    assert browser.evaluate("document.getElementById('shown').textContent") == "301 of 301 photos"

    def shown(**fields: str) -> list[str]:
        for name, value in fields.items():
            browser.evaluate(f"document.getElementById({name!r}).value = {value!r}")
        browser.evaluate("document.querySelector('form').dispatchEvent(new Event('input'))")
        found = "[...document.querySelectorAll('.list > li:not([hidden])')].map((e) => e.dataset.name)"
        names: list[str] = browser.evaluate(found)
        return names

    assert shown(status="failed") == ["broken.jpg"]
    assert shown(status="", text="0/img_0007") == ["0/IMG_0007.jpg"]
    sure = shown(text="", status="place", least="0.9", order="surest")
    confidences = [a.confidence for a in many if isinstance(a, Place) and a.confidence >= 0.9]
    assert len(sure) == len(confidences)
    assert sure[0] == "2/IMG_0098.jpg"
    assert shown(status="", least="0", order="number")[:2] == ["0/IMG_0000.jpg", "0/IMG_0001.jpg"]
    browser.evaluate("document.querySelector('details').open = true")
    browser.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert browser.evaluate("document.querySelectorAll('details[open] img').length") == 2
    assert browser.evaluate("document.querySelector('details img').naturalWidth") == 90
    assert "Found only when mirrored" in browser.evaluate("document.querySelector('details').innerText")


def test_a_phone_shows_confidence_and_reason(
    browser: Browser, tmp_path: Path, many: list[Answer], context: ReportContext
) -> None:
    for name, answers in (("many.html", many), ("few.html", many[:3]), ("folder", many[:3])):
        write_html(tmp_path / name, answers, context)
        page = tmp_path / name
        browser.resize(390, 844, mobile=True)
        browser.open(page / "index.html" if page.is_dir() else page)
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390, name
        row = "document.querySelectorAll('.list > li')[2]"
        browser.evaluate(f"{row}.scrollIntoView()")
        for part in (".sure", ".what", ".who"):
            left, right, height = browser.evaluate(
                f"(() => {{ const r = {row}.querySelector('{part}').getBoundingClientRect();"
                "return [r.left, r.right, r.height]; })()"
            )
            assert left >= 0, (name, part)
            assert right <= 390, (name, part)
            assert height > 10, (name, part)
        text = browser.evaluate(f"{row}.innerText")
        assert Reason.SCATTERED in text
        assert "0.01" in text
    pictures = browser.evaluate("[...document.querySelectorAll('.tiny')].map((i) => i.naturalWidth)")
    assert pictures == [90, 90, 90]
    browser.open(tmp_path / "folder" / "answers" / "1.html")
    assert browser.evaluate("document.querySelector('.position').innerText").startswith("52.205300")


def test_everything_is_there_without_scripts(
    tmp_path: Path, many: list[Answer], context: ReportContext
) -> None:
    write_html(tmp_path / "many.html", many, context)
    with Browser(tmp_path / "profile") as browser:
        browser.without_scripts()
        browser.resize(1200, 900)
        browser.open(tmp_path / "many.html", painted=False)
        browser.screenshot(tmp_path / "closed.png")
        assert browser.count(".list > li") == len(many)
        assert browser.count(".list figure img") == 2 * COUNT + 1


def test_axe_finds_nothing_serious(
    browser: Browser, tmp_path: Path, many: list[Answer], context: ReportContext
) -> None:
    script = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
    if not script.is_file():
        pytest.skip("no axe-core: npm install axe-core, or AXE_CORE=path/to/axe.min.js")
    for name, answers in (("many.html", many), ("few.html", many[:3]), ("one.html", many[:1])):
        write_html(tmp_path / name, answers, context)
        browser.resize(1200, 900)
        browser.open(tmp_path / name)
        browser.evaluate(script.read_text("utf-8") + ";0")
        found = browser.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.impact]))")
        serious = [each for each in found if each[1] in ("serious", "critical")]
        assert not serious, (name, json.dumps(serious))
