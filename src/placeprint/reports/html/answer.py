"""One query on a page: the photo, the answer in words, the map, the candidates."""

import math
from html import escape

from placeprint.placemap.place import Answer, Match, NoMatch, Place
from placeprint.plots import Estimate, Landmark, Overview, photo_map
from placeprint.plots.svg import length
from placeprint.reports.context import ReportContext
from placeprint.reports.html.candidate import candidate_card
from placeprint.reports.jpeg import Jpeg, to_jpeg
from placeprint.reports.text import compass, confidence_words, coordinates, legible, query_name

SHOWN = 5
"""How many candidates get a picture; the others are listed."""


def answer_section(
    index: int, answer: Answer, context: ReportContext, overview: Overview | None, answers: int
) -> str:
    """The `<section>` of one answer out of `answers`."""
    longest = 800 if answers == 1 else 640 if answers <= 10 else 400
    photo = to_jpeg(context.query_picture(answer), longest)
    shown = answer.matches[:SHOWN]
    cards = "".join(
        candidate_card(
            f"photo-{index}", rank, match, answer, photo, to_jpeg(context.picture(match), longest * 4 // 5)
        )
        for rank, match in enumerate(shown, 1)
    )
    candidates = f'<h3>Candidates</h3><div class="cards">{cards}</div>' if cards else ""
    # The title of a page about one photo already names it: this one is for screen readers.
    kind = ' class="repeated"' if answers == 1 else ""
    heading = f"<h2{kind}>{escape(query_name(answer.query))}</h2>"
    top = '<a class="up" href="#top">Back to the list</a>' if answers > 1 else ""
    return (
        f'<section id="answer-{index}" class="answer">{heading}{top}'
        f"{_verdict(answer)}"
        f'<div class="pair">{_photo(index, answer, photo)}{_map(answer, context, overview)}</div>'
        f"{candidates}{_others(answer.matches[SHOWN:])}</section>"
    )


def _verdict(answer: Answer) -> str:
    """The answer in words and numbers."""
    words = confidence_words(answer.confidence)
    meter = (
        f'<span class="meter" role="img" aria-label="confidence {answer.confidence:.2f}">'
        f'<span style="width:{100 * answer.confidence:.0f}%"></span></span>'
    )
    number = f"{meter}{answer.confidence:.2f}"
    if not isinstance(answer, Place):
        if not isinstance(answer, NoMatch):
            reason = escape(legible(" ".join(filter(None, (answer.reason, answer.mend)))))
            return f'<div class="verdict none"><p class="position">Not read</p><p>{reason}</p></div>'
        title = "No match"
        return (
            f'<div class="verdict none"><p class="position">{title}</p>'
            f"<p>{escape(legible(answer.reason))}</p>"
            f'<dl class="facts">{_fact("Confidence of the best guess", number)}</dl></div>'
        )
    lat, lon = answer.point.lat, answer.point.lon
    uri = f"geo:{lat:.6f},{lon:.6f};u={answer.radius_90:.0f}"
    share = f"{round(100 * answer.confidence)} of 100 such answers are right"
    proof = "confirmed by local features" if answer.verified else "by the descriptor alone"
    return (
        f'<div class="verdict"><p class="position"><a href="{uri}">{coordinates(lat, lon)}</a></p>'
        f'<dl class="facts">{_fact("Half lie within", length(answer.radius_50))}'
        f"{_fact('Nine of ten lie within', length(answer.radius_90))}"
        f"{_fact('Confidence', f'{number}, {words} <small>({share})</small>')}"
        f"{_fact('Evidence', proof)}</dl></div>"
    )


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _photo(index: int, answer: Answer, photo: Jpeg | None) -> str:
    caption = f"<figcaption>{escape(legible(answer.query))}</figcaption>" if answer.query else ""
    if photo is None:
        return (
            f'<figure class="photo"><p class="absent">The query photo cannot be shown.</p>{caption}</figure>'
        )
    label = escape(f"Query photo {query_name(answer.query)}")
    return (
        f'<figure class="photo"><svg role="img" viewBox="0 0 {photo.width} {photo.height}">'
        f"<title>{label}</title>"
        f'<image id="photo-{index}" width="{photo.width}" height="{photo.height}" href="{photo.uri}"/></svg>'
        f"{caption}</figure>"
    )


def _map(answer: Answer, context: ReportContext, overview: Overview | None) -> str:
    estimate = None
    if isinstance(answer, Place):
        estimate = Estimate(answer.point, answer.radius_50, answer.radius_90)
    marks = [
        Landmark(match.point, match.heading, f"{rank}. {query_name(match.path)}")
        for rank, match in enumerate(answer.matches[:SHOWN], 1)
    ]
    title = "Map: reference photos" + (", the estimate with its radii" if estimate else "") + ", candidates"
    drawn = photo_map(context.references, context.headings, marks, estimate, overview, title)
    if not drawn:
        return ""
    key = (
        '<span class="key dot"></span>reference photo, <span class="key spot rank-1"></span>candidate by rank'
    )
    if estimate:
        key = (
            '<span class="key cross"></span>estimate, <span class="key r50"></span>50 % and '
            f'<span class="key r90"></span>90 % radius, {key}'
        )
    return f'<figure class="where">{drawn}<figcaption>{key}</figcaption></figure>'


def _others(matches: tuple[Match, ...]) -> str:
    if not matches:
        return ""
    rows = "".join(
        f'<tr><td class="number">{rank}</td><td>{escape(legible(m.path))}</td>'
        f'<td class="number">{m.distance:.3f}</td>'
        f'<td class="number">{"–" if m.inliers is None else m.inliers}</td>'
        f"<td>{coordinates(m.point.lat, m.point.lon)}{_facing(m)}</td></tr>"
        for rank, m in enumerate(matches, SHOWN + 1)
    )
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Rank", "Photo", "Distance", "Inliers", "Position")
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    title = f"{len(matches)} more candidate{'s' if len(matches) > 1 else ''}"
    return f'<details><summary>{title}</summary><div class="scroll">{table}</div></details>'


def _facing(match: Match) -> str:
    known = match.heading is not None and math.isfinite(match.heading)
    return f", facing {compass(match.heading)}" if known and match.heading is not None else ""
