"""The page, read by an independent parser: complete, self-contained, and safe with any name."""

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from placeprint.geo import GeoPoint
from placeprint.photos import load
from placeprint.placemap.place import Answer, Correspondences, Match, NoMatch, Place, Reason
from placeprint.plots import MAP_STYLE
from placeprint.reports import ReportContext, write_html
from placeprint.reports.html.page import PAGE_STYLE

VOID = {"meta", "img", "input", "br", "link"}
LOADING = {"src", "href", "srcset", "poster", "data", "action", "background", "xlink:href"}


class Page(HTMLParser):
    """Elements with their attributes and text; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        found = [a for t, a in self.elements if t == tag]
        return [a for a in found if all(a.get(k.rstrip("_"), "") == v for k, v in attributes.items())]


@pytest.fixture
def context() -> ReportContext:
    references = np.array([[52.2053, 0.1218], [52.2054, 0.122], [52.206, 0.125]])
    settings = {"verify": "auto", "matches": 10}
    headings = np.array([90.0, np.nan, 10.0])
    return ReportContext(
        "town.placemap", "0123456789abcdef", "lite0-netvlad", "0.1.0", settings, references, headings
    )


def written(path: Path, answers: list[Answer], context: ReportContext) -> Page:
    write_html(path, answers, context)
    return Page(path.read_text("utf-8"))


def test_one_query(tmp_path: Path, place: Place, context: ReportContext) -> None:
    page = written(tmp_path / "out.html", [place], context)
    for words in (
        "Where was query.jpg taken?", "52.205300° N, 0.121900° E", "4.2 m", "12 m", "0.93, very likely",
        "93 of 100", "confirmed by local features", "2 inliers", "of 3 matched features",
        "descriptor distance 0.432", "6.8 m from the estimate", "facing E (90°)", "town.placemap",
        "0123456789abcdef", "lite0-netvlad", "0.1.0", "verify", "3 reference photos",
    ):  # fmt: skip
        assert words in page.text, words
    assert place.query is not None
    assert hashlib.sha256(Path(place.query).read_bytes()).hexdigest() in page.text
    assert page.all("a", href="geo:52.205300,0.121900;u=12")
    assert page.all("circle", class_="radius-90")
    assert "cannot be shown" in page.text  # the second candidate's file is gone


def test_the_page_asks_nothing_of_a_network(
    tmp_path: Path, answers: list[Answer], context: ReportContext
) -> None:
    page = written(tmp_path / "out.html", answers, context)
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "link")
        assert tag != "script" or not attributes  # our own, in the page, allowed by its digest
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in LOADING and tag != "a":
                assert value.startswith(("data:image/jpeg;base64,", "#")), (tag, name)
            elif name in LOADING:
                assert value.startswith(("#", "geo:", "https://www.openstreetmap.org/?mlat="))
            elif name != "xmlns":
                assert "//" not in value or name in ("aria-label", "data-name"), (tag, name, value)
    raw = (tmp_path / "out.html").read_text("utf-8")
    assert {urlsplit(url).netloc for url in re.findall(r"https?://[^\"' <]*", raw)} == {
        "www.w3.org",
        "www.openstreetmap.org",
    }
    assert "@import" not in raw
    assert "url(" not in raw
    policy = page.all("meta")[1]
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"].startswith("default-src 'none'; img-src data:;")
    (script,) = re.findall("<script>(.*?)</script>", raw, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["content"].endswith(f"; script-src 'sha256-{digest}'")


def test_hostile_names_are_only_text(
    tmp_path: Path, place: Place, match: Match, context: ReportContext, hostile: str
) -> None:
    evil = replace(match, path=f'/x/"><img src=x onerror=alert(1)>{hostile}')
    answers: list[Answer] = [replace(place, matches=(evil,) * 7, query=f"/q/{hostile}")]
    answers.append(NoMatch(Reason.NOT_VERIFIED, 0.1, (evil,), f'/q/"{hostile}'))
    picture = np.zeros((8, 8, 3), np.uint8)
    hard = replace(
        context, map_name=hostile, fingerprint=hostile, descriptor=hostile, settings={hostile: hostile},
        picture=lambda _: picture, query_picture=lambda _: picture,
    )  # fmt: skip
    page = written(tmp_path / "out.html", answers, hard)
    assert page.all("script") == [{}]  # ours
    assert not [a for _, a in page.elements if "onerror" in a]
    assert page.text.count('<script>alert("1 & 2")</script> ünï 東京') >= 10
    assert "\u202e" not in page.text


def test_every_picture_has_words_and_every_reference_an_end(
    tmp_path: Path, answers: list[Answer], context: ReportContext
) -> None:
    page = written(tmp_path / "out.html", answers, context)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("href", "for"):
            target = attributes.get(name, "")
            if target and (name == "for" or target.startswith("#")):
                assert target.removeprefix("#") in ids
    for image in page.all("img"):
        assert image["alt"]
    drawings = [i for i, (tag, a) in enumerate(page.elements) if tag == "svg" and a.get("role") == "img"]
    assert drawings
    assert all(page.elements[i + 1][0] == "title" for i in drawings)
    assert page.all("html", lang="en")


def test_lines_join_the_features_at_the_scale_of_the_drawing(
    tmp_path: Path, place: Place, context: ReportContext
) -> None:
    """Photos of 96 x 64 drawn 480 high: scale 7.5, 720 wide, the second one 10 further right."""
    page = written(tmp_path / "out.html", [place], context)
    outlier, inliers = [a["d"] for a in page.all("path", class_="line")]
    numbers = np.array(re.findall(r"M(\S+) (\S+)L(\S+) (\S+?)(?=M|$)", inliers), float)
    assert numbers == pytest.approx(
        np.array([
            [10.5 * 7.5, 20.5 * 7.5, 730 + 12.5 * 7.5, 21.5 * 7.5],
            [30.5 * 7.5, 40.5 * 7.5, 730 + 33.5 * 7.5, 44.5 * 7.5],
        ]),
        abs=0.06,
    )  # fmt: skip
    assert outlier.startswith(("M378.8 41.2", "M378.8 41.3"))
    drawing = page.all("svg", class_="match")[0]
    assert drawing["viewbox"] == "0 0 1450 480"
    (use,) = page.all("use")
    assert (use["href"], use["transform"]) == ("#photo-1", "scale(7.50000 7.50000)")


def test_no_match_says_why_and_shows_what_it_looked_at(
    tmp_path: Path, match: Match, context: ReportContext
) -> None:
    page = written(tmp_path / "out.html", [NoMatch(Reason.SCATTERED, 0.21, (match,), match.path)], context)
    assert "No match" in page.text
    assert Reason.SCATTERED in page.text
    assert "0.21" in page.text
    assert not page.all("circle", class_="radius-90")
    assert len(page.all("svg", class_="photo-map")) == 1


def test_an_empty_map_and_a_photo_in_memory(tmp_path: Path) -> None:
    empty = ReportContext("m", "f", "d", "0.1.0")
    page = written(tmp_path / "out.html", [NoMatch(Reason.EMPTY_MAP)], empty)
    assert "photo in memory" in page.text
    assert "no file" in page.text
    assert not page.all("svg", class_="photo-map")


def test_a_batch_has_a_table_with_anchors(
    tmp_path: Path, answers: list[Answer], context: ReportContext
) -> None:
    page = written(tmp_path / "ünï 東京 & <b>.html", answers, context)
    assert "Where were 3 photos taken? 1 located, 2 without a match." in page.text
    assert [a["href"] for a in page.all("a") if a["href"].startswith("#answer")] == [
        f"#answer-{i}" for i in (1, 2, 3)
    ]
    assert [a["id"] for a in page.all("section")] == ["answer-1", "answer-2", "answer-3"]
    nothing = written(tmp_path / "none.html", [], context)
    assert "Where were 0 photos taken?" in nothing.text


def test_pictures_of_every_kind_and_none(tmp_path: Path, place: Place, context: ReportContext) -> None:
    array = np.zeros((6, 9, 3), np.uint8)
    shown: list[object] = [
        array,
        Image.fromarray(array),
        Path(str(place.query)).read_bytes(),
        b"not a picture",
        None,
    ]
    seen = []
    for picture in shown:
        page = written(tmp_path / "o.html", [place], replace(context, query_picture=lambda _, p=picture: p))
        seen.append(len([a for a in page.all("image") if a.get("id") == "photo-1"]))
    assert seen == [1, 1, 1, 0, 0]


def test_metadata_of_photos_does_not_travel(tmp_path: Path, place: Place, context: ReportContext) -> None:
    image = Image.new("RGB", (20, 10))
    exif = image.getexif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    page = written(tmp_path / "o.html", [place], replace(context, query_picture=lambda _: buffer.getvalue()))
    (photo,) = page.all("image", id="photo-1")
    content = base64.b64decode(photo["href"].partition(",")[2])
    shown = Image.open(io.BytesIO(content))
    assert shown.size == (10, 20)  # upright
    assert b"SECRET" not in content


def test_a_page_with_five_candidates_is_small(tmp_path: Path, real_photos: Path) -> None:
    files = [str(p) for p in sorted((real_photos / "street-gps" / "lund").glob("*.jpg"))[:6]]
    height, width = load(files[0]).shape[:2]
    rng = np.random.default_rng(0)
    here = GeoPoint(55.7, 13.19)

    def candidate(rank: int, path: str) -> Match:
        at = rng.uniform(0, [width, height], (400, 2)).astype(np.float32)
        size = (width, height)
        pairs = Correspondences(at, at, rng.uniform(size=400) < 0.5, size, size)
        return Match(rank, path, here, 0.3, 10.0, 200, correspondences=pairs)

    matches = tuple(candidate(i, path) for i, path in enumerate(files[1:]))
    points = np.array([55.7, 13.19]) + rng.normal(0, 0.005, (20_000, 2))
    context = ReportContext("m", "f", "d", "0.1.0", {}, points, rng.uniform(0, 360, 20_000))
    write_html(tmp_path / "out.html", [Place(here, 3.0, 9.0, 0.9, matches, True, files[0])], context)
    assert (tmp_path / "out.html").stat().st_size < 1_500_000


def test_contrast_of_every_text_color() -> None:
    """WCAG 2.1 AA: 4.5 for text on its ground, in both themes and on the ranks' badges."""

    def luminance(color: str) -> float:
        digits = color[1:] if len(color) == 7 else "".join(2 * c for c in color[1:])
        part = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
        return float(
            np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
            @ [0.2126, 0.7152, 0.0722]
        )

    def contrast(a: str, b: str) -> float:
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    for theme in PAGE_STYLE.split(":root {")[1:3]:
        colors = dict(re.findall(r"--([\w-]+): ?(#\w+)", theme.split("}")[0]))
        for text in ("text", "quiet", "accent"):
            for ground in ("paper", "panel"):
                assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
        assert contrast(colors["warn"], colors["warn-ground"]) >= 4.5
    ranks = re.findall(r"--rank:(#\w+)", MAP_STYLE)
    assert len(ranks) == 6
    assert all(contrast(rank, "#ffffff") >= 4.5 for rank in ranks)
