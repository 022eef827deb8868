"""The page, read by an independent parser and held against the rankings it was made of."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from placeprint.datasets import PhotoSet, PlaceDataset, Protocol, load_protocol, protocol_names
from placeprint.datasets.protocol import Suppression, Truth
from placeprint.descriptors import Descriptor
from placeprint.evaluation import Evaluation, MapEvaluation, Method, PublishedResult, Score, evaluate
from placeprint.evaluation.report import write_report
from placeprint.evaluation.report.examples import choose_examples, spread, won_and_lost
from placeprint.evaluation.report.rules import rules_in_words
from placeprint.evaluation.scores import METRICS
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.placemap.place import Failed, Match, NoMatch, Place, Reason

Color = Callable[..., Descriptor]
VOID = {"meta", "img", "br", "link", "input"}


class Node:
    """An element with its children, text among them."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node | str] = []

    @property
    def text(self) -> str:
        words = "".join(child if isinstance(child, str) else f" {child.text}" for child in self.children)
        return " ".join(words.split())

    def all(self, tag: str = "", kind: str = "") -> list["Node"]:
        fits = (not tag or self.tag == tag) and (not kind or kind in self.attributes.get("class", "").split())
        return ([self] if fits else []) + [
            n for c in self.children if isinstance(c, Node) for n in c.all(tag, kind)
        ]

    def walk(self) -> list["Node"]:
        return [self, *(n for c in self.children if isinstance(c, Node) for n in c.walk())]


class Page(HTMLParser):
    """Fails on tags that do not nest."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open = [Node("", {})]
        self.feed(path.read_text("utf-8"))
        self.close()
        (self.root,) = self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {k: v or "" for k, v in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def written(path: Path, found: Evaluation | MapEvaluation, **options: Any) -> Node:
    write_report(path, found, **options)
    return Page(path).root


def sheets(section: Node) -> dict[str, list[Node]]:
    """{heading: its examples}."""
    found: dict[str, list[Node]] = {}
    heading = ""
    for node in section.walk():
        if node.tag == "h3":
            heading = node.text
        if node.tag == "article":
            found.setdefault(heading, []).append(node)
    return found


def asked(examples: list[Node]) -> list[int]:
    return [int(example.attributes["data-query"]) for example in examples]


def shown_hits(ranking: Node) -> list[tuple[int, str]]:
    hits = ranking.all(kind="hit")
    return [(int(hit.attributes["data-row"]), hit.attributes["class"].split()[1]) for hit in hits]


@pytest.fixture
def two(colors: PlaceDataset, mean_color: Color) -> Evaluation:
    methods = [Method("good", mean_color(0.2)), Method("bad", mean_color(2.0))]
    return evaluate(colors, methods, "own-photos", quiet=True, command="placeprint evaluate <here>")


def test_provenance_and_numbers(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two)
    text = page.text
    for words in (
        two.protocol.fingerprint, two.dataset.fingerprint, two.machine, two.version, two.protocol.title,
        "placeprint evaluate <here>", "seed 0", "1 of 8 queries have no right answer", "mean-color-2",
        '"noise": 2.0', "Describing", "24", "8, of which 8 count and 1 have no right answer",
        two.created.strftime("%Y-%m-%d %H:%M:%S"),
    ):  # fmt: skip
        assert words in text, words
    scores, differences, *_ = page.all(kind="numbers")
    heads = [head.text for head in scores.all("th")][: 1 + len(two.results[0].scores)]
    for row, result in zip(scores.all("tr")[1:], two.results, strict=True):
        name, *cells = [cell.text for cell in row.all("th") + row.all("td")]
        assert name == result.method
        for head, cell in zip(heads[1:], cells, strict=True):
            assert float(cell.split()[0]) == pytest.approx(100 * result.scores[head].value, abs=0.051)
            if "[" in cell:
                assert f"[{100 * result.scores[head].low:.1f}, " in cell
    against = two.results[1].against_first["R@1"]
    cell = differences.all("td")[0].text
    assert cell.startswith(f"{100 * against.difference:+.1f} [")
    assert cell.endswith(f"p = {against.p_value:.2g}")
    assert len(page.all("svg", "chart")) == 4


def test_frames_say_what_is_right(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two)
    seen = 0
    for result, section in zip(two.results, page.all("section", "method"), strict=True):
        judged = result.judged
        for heading, examples in sheets(section).items():
            for example in examples:
                query = int(example.attributes["data-query"])
                ranking = example.all(kind="hits")[-1]
                if "against" in heading:
                    assert example.all(kind="of")[-1].text == result.method
                rows = judged.ranking.rows[query][:5].tolist()
                verdicts = ["right" if row in judged.right[query] else "wrong" for row in rows]
                assert shown_hits(ranking) == list(zip(rows, verdicts, strict=True))
                signs = [hit.all(kind="sign")[0].text for hit in ranking.all(kind="hit")]
                assert signs == [
                    f"{'✓' if v == 'right' else '✗'} {rank} {v}" for rank, v in enumerate(verdicts, 1)
                ]
                seen += len(rows)
    assert seen >= 80


def test_which_queries_are_shown(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two, examples=3)
    good, bad = page.all("section", "method")
    judged = two.results[1].judged
    nearest = {q: float(judged.ranking.distances[q][0]) for q in range(8)}
    right = [q for q in range(8) if judged.first[q] == 0]
    wrong = [q for q in range(8) if judged.first[q] > 0 and len(judged.right[q])]
    alone = [q for q in range(8) if not len(judged.right[q])]
    assert alone == [7]
    assert len(wrong) > 3
    found = sheets(bad)
    assert asked(found["Wrong"]) == sorted(wrong, key=lambda q: nearest[q])[:3]
    assert asked(found["Nothing to find"]) == alone
    order = sorted(right, key=lambda q: nearest[q])
    assert asked(found.get("Right", []))[:1] == order[:1]
    assert asked(found.get("Right", []))[-1:] == order[-1:]
    assert f"3 of {len(wrong)}." in bad.text
    first = two.results[0].judged.first
    lost = [q for q in range(8) if first[q] == 0 and judged.first[q] > 0]
    assert asked(found["Lost against good"]) == sorted(lost, key=lambda q: nearest[q])[:2]
    assert not [heading for heading in sheets(good) if "against" in heading]


def test_a_right_photo_beyond_those_shown(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two)
    judged = two.results[1].judged
    missed = 0
    for example in sheets(page.all("section", "method")[1])["Wrong"]:
        query = int(example.attributes["data-query"])
        rank = judged.first[query]
        figures = example.all("figure", "missed")
        if rank < 5:
            assert not figures
            continue
        (figure,) = figures
        row = int(figure.attributes["data-row"])
        assert row == judged.ranking.rows[query][int(rank)]
        assert f"✓ {rank + 1:.0f}" in figure.text
        missed += 1
    assert missed


def test_the_nearest_right_photo_where_none_was_found(colors: PlaceDataset, tmp_path: Path) -> None:
    wrong = [np.array([(2 * place + 6) % 24]) for place in range(8)]
    found = evaluate(colors, [], "own-photos", predictions={"wrong": wrong}, quiet=True)
    page = written(tmp_path / "out.html", found)
    for example in sheets(page)["Wrong"]:
        (figure,) = example.all("figure", "missed")
        # The second view of a place was taken 1.1 m from the query, the first 2.2 m.
        assert int(figure.attributes["data-row"]) == 2 * int(example.attributes["data-query"]) + 1
        assert "not found" in figure.text
        assert "none in the first 1" in example.text


def test_won_and_lost(two: Evaluation, tmp_path: Path) -> None:
    swapped = replace(two, results=two.results[::-1])
    page = written(tmp_path / "out.html", swapped, examples=2)
    bad, good = (result.judged for result in swapped.results)
    won = [q for q in range(8) if good.first[q] == 0 and bad.first[q] > 0]
    assert len(won) > 1
    found = sheets(page.all("section", "method")[1])
    surest = min(won, key=lambda q: float(bad.ranking.distances[q][0]))
    assert asked(found["Won against bad"]) == [surest]
    assert f"1 of {len(won)}." in page.text
    (example,) = found["Won against bad"]
    for ranking, judged in zip(example.all(kind="hits"), (bad, good), strict=True):
        assert [row for row, _ in shown_hits(ranking)] == judged.ranking.rows[surest][:5].tolist()
    assert [of.text for of in example.all(kind="of")] == ["bad", "good"]


def test_the_curves_have_the_numbers_of_the_scores(
    colors: PlaceDataset, mean_color: Color, tmp_path: Path
) -> None:
    rules = load_protocol("own-photos").model_copy(update={"without_positives": "drop", "ns": (1, 2, 3, 7)})
    found = evaluate(colors, [Method("m", mean_color(2.0))], rules, quiet=True)
    page = written(tmp_path / "out.html", found)
    recall, precision, distance, ranges = page.all("figure", "plot")
    result = found.results[0]
    expected = [f"{100 * result.scores[f'R@{n}'].value:.1f}" for n in (1, 2, 3, 7)]
    assert len(set(expected)) > 1
    assert [cell.text for cell in recall.all("td")] == expected
    said = recall.all("desc")[0].text
    assert said == "m: " + ", ".join(f"{v} % at N = {n}" for v, n in zip(expected, (1, 2, 3, 7), strict=True))
    assert precision.all("td")[0].text == f"{100 * result.scores['AUC-PR'].value:.1f}"
    assert precision.all("td")[1].text == f"{100 * result.scores['R@100%P'].value:.1f}"
    assert result.errors is not None
    within = [f"{100 * np.mean(result.errors <= d):.1f}" for d in (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)]
    assert [cell.text for cell in distance.all("td")] == within
    assert sum(float(cell.text) for cell in ranges.all("td")) == pytest.approx(100, abs=0.7)


def test_the_page_needs_nothing_else(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two)
    nodes = page.walk()
    ids = [n.attributes["id"] for n in nodes if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    for node in nodes:
        assert node.tag not in ("script", "link", "iframe", "object", "embed", "form")
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "srcset", "data", "action", "poster", "background"):
                assert value.startswith("data:image/jpeg;base64,") or value.removeprefix("#") in ids
    raw = (tmp_path / "out.html").read_text()
    assert not re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", raw)
    (policy,) = [n for n in nodes if n.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy.attributes["content"].startswith("default-src 'none'")
    pictures = [n.attributes["href"] for n in nodes if n.tag == "image"]
    assert len(pictures) == len(set(ids) & {f"thumbnail-{i}" for i in range(99)})
    for picture in pictures:
        shown = Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2])))
        assert shown.format == "JPEG"
        assert max(shown.size) <= 200
    for svg in (n for n in nodes if n.tag == "svg"):
        first = svg.children[0]
        assert isinstance(first, Node)
        assert first.tag == "title"
        assert first.text


def test_broken_and_hostile_photos(colors: PlaceDataset, mean_color: Color, tmp_path: Path) -> None:
    hostile = '"><script>alert(1)<!--\u202e&amp;.png'
    target = colors.queries[0].path.with_name(hostile)
    colors.queries[0].path.rename(target)
    queries = [PhotoRecord(target, colors.queries[0].point), *colors.queries.photos[1:]]
    data = replace(colors, queries=PhotoSet(queries), name=hostile, notes=[hostile])
    found = evaluate(data, [Method(hostile, mean_color())], "own-photos", quiet=True, command=hostile)
    data.queries[1].path.unlink()
    data.database[2].path.write_bytes(b"broken")
    page = written(tmp_path / "out.html", found)
    assert not [n for n in page.walk() if n.tag == "script"]
    assert page.text.count('"><script>alert(1)<!--\ufffd&amp;.png') >= 6
    assert "\u202e" not in page.text
    gone = [e for e in page.all("article", "example") if e.attributes["data-query"] == "1"]
    assert "cannot be read" in gone[0].all("figure", "asked")[0].text
    hit = next(h for h in page.all(kind="hit") if h.attributes["data-row"] == "2")
    assert hit.all(kind="absent")
    assert not hit.all("svg")


def test_junk_is_gray_and_takes_no_rank(colors: PlaceDataset, mean_color: Color, tmp_path: Path) -> None:
    good = [np.array([2 * q + 1]) for q in range(8)]
    junk = [np.array([2 * q]) for q in range(8)]
    labels = [np.array([f"place {i // each}" for i in range(n)]) for n, each in ((24, 2), (8, 1))]
    data = PlaceDataset(
        "listed",
        PhotoSet(colors.database.photos, labels=labels[0], frames=np.arange(24) // 2),
        PhotoSet(colors.queries.photos, labels=labels[1], frames=np.arange(8)),
        {"good": good, "junk": junk},
    )
    rules = Protocol(
        name="listed", title="t", source="s", metrics=("average-precision", "recall"),
        truth={"rule": "listed", "right": ("good",), "junk": ("junk",)},
    )  # fmt: skip
    found = evaluate(data, [Method("m", mean_color())], rules, quiet=True)
    page = written(tmp_path / "out.html", found)
    examples = page.all("article", "example")
    assert len(examples) == 8
    for example in examples:
        query = int(example.attributes["data-query"])
        for hit in example.all(kind="hit"):
            row, verdict = int(hit.attributes["data-row"]), hit.attributes["class"].split()[1]
            assert verdict == {2 * query: "junk", 2 * query + 1: "right"}.get(row, "wrong")
            frames = row // 2 - query
            said = "same frame" if not frames else f"{abs(frames)} frames {'on' if frames > 0 else 'back'}"
            assert said in hit.all(kind="known")[0].text
        ranks = [h.all(kind="sign")[0].text.split()[1] for h in example.all(kind="hit")]
        assert [r for r in ranks if r != "junk"] == [
            str(i) for i in range(1, 6) if i <= 5 - ranks.count("junk")
        ]
        assert f"label place {query}" in example.all("figure", "asked")[0].text


def test_regions_of_interest_are_framed(colors: PlaceDataset, mean_color: Color, tmp_path: Path) -> None:
    path = colors.queries[0].path
    Image.new("RGB", (900, 600), (200, 30, 40)).save(path)
    boxes = np.tile([8.0, 6.0, 24.0, 18.0], (8, 1))
    boxes[0] = [90.0, 60.0, 450.0, 300.0]
    data = replace(colors, queries=replace(colors.queries, boxes=boxes))
    page = written(
        tmp_path / "out.html", evaluate(data, [Method("m", mean_color())], "own-photos", quiet=True)
    )
    for query, expected in ((0, [18, 12, 72, 48]), (1, [8, 6, 16, 12])):  # 900 pixels are shown as 180
        example = next(e for e in page.all("article") if e.attributes.get("data-query") == str(query))
        (box,) = [n for n in example.walk() if n.attributes.get("class") == "box"]
        numbers = [float(box.attributes[name]) for name in ("x", "y", "width", "height")]
        assert numbers == pytest.approx(expected, abs=0.06)


def test_predictions_tell_no_distances(colors: PlaceDataset, tmp_path: Path) -> None:
    rows = [np.array([2 * place, 3]) for place in range(8)]
    bare = [PhotoRecord(photo.path, None) for photo in colors.queries]
    data = PlaceDataset(
        "labeled",
        PhotoSet(colors.database.photos, labels=np.array([f"{i // 2}" for i in range(24)])),
        PhotoSet(bare, labels=np.array([f"{i}" for i in range(8)])),
    )
    found = evaluate(data, [], "floors", predictions={"same": rows, "other": rows[::-1]}, quiet=True)
    twins = replace(found, results=[found.results[0], replace(found.results[1], method="same")])
    page = written(tmp_path / "out.html", twins)
    known = [hit.all(kind="known")[0].text for hit in page.all(kind="hit")]
    assert known
    assert all(re.fullmatch(r"label \d+", text) for text in known)
    assert len(page.all("svg", "chart")) == 1  # neither confidence nor positions
    assert "same (2)" in page.all("svg", "chart")[0].text


def test_meters_between_query_and_answers(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two)
    for example in sheets(page.all("section", "method")[0])["Right"]:
        query = int(example.attributes["data-query"])
        for hit in example.all(kind="hit"):
            row = int(hit.attributes["data-row"])
            apart, distance = hit.all(kind="known")[0].text.split(" · ")
            place, view = divmod(row, 2)
            north = 111_260.0 * (0.001 * (place - query) + 0.00001 * (view - 2))
            meters = float(apart.split()[0].replace(",", "")) * (1000 if apart.endswith("km") else 1)
            assert meters == pytest.approx(abs(north), rel=0.06, abs=0.06)
            rows = two.results[0].judged.ranking.rows[query].tolist()
            found = two.results[0].judged.ranking.distances[query][rows.index(row)]
            assert distance == f"d {found:.3f}"


def test_published_rows_are_marked(two: Evaluation, tmp_path: Path) -> None:
    row = PublishedResult(
        method="NetVLAD", values={"R@1": 61.5, "R@5": 80.25}, protocol="own-photos", dataset="x", dim=4096,
        trained_on="streets", source="A paper, Table 1", kind="paper", note="Other sizes",
    )  # fmt: skip
    page = written(tmp_path / "out.html", two, published=[row])
    (line,) = page.all("tr", "published")
    cells = [cell.text for cell in line.all("td")]
    assert cells[:3] == ["61.5", "80.25", ""]
    for words in ("NetVLAD", "A paper, Table 1", "4,096-D", "streets", "Other sizes"):
        assert words in line.text
    assert not written(tmp_path / "out.html", two).all("tr", "published")


def test_no_photos_where_none_are_wanted(two: Evaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", two, examples=0)
    assert not page.all("article")
    assert not page.all("image")


def test_examples_are_spread_over_all() -> None:
    assert spread(np.arange(5), 9).tolist() == [0, 1, 2, 3, 4]
    assert spread(np.arange(9), 3).tolist() == [0, 4, 8]
    assert spread(np.arange(9), 1).tolist() == [0]


def test_examples_by_hand(two: Evaluation) -> None:
    good, bad = (result.judged for result in two.results)
    chosen = choose_examples(bad, 100)
    every = np.sort(np.concatenate([chosen.failures, chosen.successes, chosen.without]))
    assert every.tolist() == list(range(8))
    assert chosen.counts == (len(chosen.failures), len(chosen.successes), 1)
    won, lost = won_and_lost(good, bad)
    back = won_and_lost(bad, good)
    assert set(won) == set(back[1])
    assert set(lost) == set(back[0])


def test_rules_that_differ_have_words_that_differ() -> None:
    about = {"Published whitening", "Source", "Published for"}
    fields = {"name", "title", "source", "published_for", "notes", "whitening"}
    assert len({metric.said for metric in METRICS.values()}) == len(METRICS)
    words: dict[str, tuple[tuple[str, str], ...]] = {}
    for name in protocol_names():
        protocol = load_protocol(name)
        said = tuple(row for row in rules_in_words(protocol) if row[0] not in about)
        assert all(what and how for what, how in said)
        assert words.setdefault(protocol.model_dump_json(exclude=fields), said) == said
    assert len(set(words.values())) == len(words)
    base = load_protocol("own-photos")
    changes: list[dict[str, Any]] = [
        {"without_positives": "drop"}, {"leave_out": ("itself",)}, {"leave_out": ("same-stamp",)},
        {"within_region": True}, {"suppression": Suppression(by="panorama")}, {"fetch": 12},
        {"suppression": Suppression(by="block", size=12)}, {"suppression": Suppression(by="block", size=24)},
        {"database_size": "none"}, {"query_size": "none"}, {"query_size": "area:480"}, {"query_box": True},
        {"query_size": "longest:480"}, {"query_size": "shortest:480"}, {"query_size": "fit:480x480"},
        {"query_size": "exact:480x480"}, {"database_box": True}, {"ns": (1, 2)}, {"metrics": ("n-s",)},
        {"truth": Truth(rule="distance", limit=10.0)}, {"truth": Truth(rule="frames", limit=10.0)},
        {"truth": Truth(rule="frames", limit=0.0)}, {"truth": Truth(rule="label")},
        {"truth": Truth(rule="listed", right=("good",))}, {"mean": (1.0, 2.0, 3.0), "std": (1.0, 1.0, 1.0)},
        {"truth": Truth(rule="listed", right=("good",), junk=("bad",))}, {},
    ]  # fmt: skip
    said_of = {tuple(rules_in_words(base.model_copy(update=change))) for change in changes}
    assert len(said_of) == len(changes)


HERE = GeoPoint(52.2, 0.1)


@pytest.fixture
def answered(colors: PlaceDataset) -> MapEvaluation:
    queries = PhotoSet([PhotoRecord(photo.path, HERE) for photo in colors.queries])
    reference = [str(photo.path) for photo in colors.database]

    def place(meters: float, confidence: float, *matches: float) -> Place:
        found = tuple(
            Match(i, reference[i], HERE.moved(90.0, far), 0.5 + i / 10, None, 20 + i)
            for i, far in enumerate(matches)
        )
        return Place(HERE.moved(0.0, meters), 8.0, 20.0, confidence, found)

    answers = [
        place(30.0, 0.9, 30.0, 24.0), place(500.0, 0.95, 500.0), place(7.0, 0.8, 3.0),
        place(20.0, 0.7, 12.0, 90.0),
        NoMatch(Reason.NOT_SIMILAR, 0.1, place(1.0, 0.5, 20.0).matches), NoMatch(Reason.NOT_VERIFIED, 0.3),
        Failed("is damaged", query="/x/<b>.png"), place(5.0, 0.99, 5.0),
    ]  # fmt: skip
    errors = np.array([30.0, 500.0, 7.0, 20.0, np.inf, np.inf, np.inf, 5.0])
    said = {
        "map": "/maps/town.placemap", "map_photos": 24, "descriptor": "lite0",
        "descriptor_fingerprint": "abc", "queries_fingerprint": "0123456789abcdef",
        "verify": "auto", "seed": 0, "machine": "a fast one", "placeprint": "9.9", "created": "2031-01-02",
    }  # fmt: skip
    scores = {"R@1": Score(0.625, 0.5, 0.75), "right": Score(0.375, 0.1, 0.6)}
    return MapEvaluation(queries, answers, errors, scores, 25.0, said, [("/x/<b>.png", "is damaged")])


def test_a_map(answered: MapEvaluation, tmp_path: Path) -> None:
    page = written(tmp_path / "out.html", answered)
    for words in (
        "Answers of town.placemap", "62.5 [50.0, 75.0]", "lite0 abc", "a fast one", "9.9", "2031-01-02",
        "8 queries, 5 located", "not read: /x/<b>.png: is damaged", "Expected calibration error",
    ):  # fmt: skip
        assert words in page.text, words
    assert len(page.all("svg", "chart")) == 4
    found = sheets(page)
    assert asked(found["Wrong"]) == [1, 0]
    assert asked(found["Best"]) == [7, 2, 3]
    assert asked(found["No match"]) == [5, 4, 6]
    assert shown_hits(found["Wrong"][1]) == [(0, "wrong"), (1, "right")]
    assert found["Wrong"][1].all(kind="hit")[1].all(kind="known")[0].text == "24 m · d 0.600 · 21 inliers"
    asked_about = found["Best"][2].all("figure", "asked")[0].text
    for words in (
        "20 m from the truth",
        "50 % radius 8 m: outside",
        "90 % radius 20 m: inside",
        "confidence 0.70",
    ):
        assert words in asked_about
    assert str(Reason.NOT_VERIFIED) in found["No match"][0].text
    assert "could not be read" in found["No match"][2].text
    radii = next(t for t in page.all(kind="numbers") if "radius of" in t.text)
    assert [cell.text for cell in radii.all("td")] == ["40.0", "8.0", "60.0", "20.0"]


def test_a_map_that_locates_nothing(answered: MapEvaluation, tmp_path: Path) -> None:
    nothing = replace(answered, answers=[NoMatch(Reason.EMPTY_MAP)] * 8, errors=np.full(8, np.inf))
    page = written(tmp_path / "out.html", nothing)
    assert len(page.all("svg", "chart")) == 2
    assert asked(sheets(page)["No match"]) == list(range(8))
    assert "Median area to the truth no answer" in page.text
