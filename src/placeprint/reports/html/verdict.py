"""An answer in words and numbers, as values for templates."""

from typing import Any

from markupsafe import Markup

from placeprint.placemap.place import Answer, Failed, Place
from placeprint.plots.svg import length
from placeprint.reports.html.templating import render
from placeprint.reports.text import confidence_words, coordinates, legible, map_link, remarks


def verdict(answer: Answer) -> Markup:
    """The box that says where, how sure, or why not."""
    return render("verdict.html", **told(answer))


def told(answer: Answer) -> dict[str, Any]:
    """What templates say of an answer."""
    confidence = answer.confidence
    values: dict[str, Any] = {
        "place": isinstance(answer, Place),
        "failed": isinstance(answer, Failed),
        "confidence": confidence,
        "words": confidence_words(confidence),
        "share": round(100 * confidence),
        "meter": Markup(
            '<span class="meter" aria-hidden="true"><span style="width:{:.0f}%"></span></span>'
        ).format(100 * confidence),
        "remarks": remarks(answer),
    }
    if not isinstance(answer, Place):
        mend = answer.mend if isinstance(answer, Failed) else ""
        heading = "Not read" if isinstance(answer, Failed) else "No match"
        reason = legible(" ".join(filter(None, (answer.reason, mend))))
        return values | {"heading": heading, "reason": reason, "said": f"{heading}: {reason}"}
    lat, lon = answer.point.lat, answer.point.lon
    return values | {
        "position": coordinates(lat, lon),
        "geo": f"geo:{lat:.6f},{lon:.6f};u={answer.radius_90:.0f}",
        "link": map_link(lat, lon),
        "radius_50": length(answer.radius_50),
        "radius_90": length(answer.radius_90),
        "proof": "confirmed by local features" if answer.verified else "by the descriptor alone",
    }
