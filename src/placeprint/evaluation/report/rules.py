"""A protocol's rules in plain words."""

from placeprint.datasets import Protocol
from placeprint.datasets.protocol import Truth
from placeprint.evaluation.scores import metrics_of

LEFT_OUT = {
    "itself": "the query itself",
    "same-content": "copies of the query's file",
    "same-stamp": "photos with the query's time stamp",
}


def rules_in_words(protocol: Protocol) -> list[tuple[str, str]]:
    """(what, how) for every rule, in the order in which they apply."""
    count = protocol.without_positives == "count"
    rows = [
        ("A right answer", _truth(protocol.truth)),
        ("Queries without a right answer", "count as failures" if count else "are left out of all means"),
        ("Searched", "the query's own region only" if protocol.within_region else "the whole database"),
    ]
    if protocol.leave_out:
        rows.append(("Taken out of a ranking", " and ".join(LEFT_OUT[rule] for rule in protocol.leave_out)))
    rows.append(("Suppression", _suppression(protocol)))
    if protocol.fetch is not None:
        rows.append(("Fetched", f"{protocol.fetch} x N answers, before any is taken out"))
    rows += [
        ("Size of database photos", _size(protocol.database_size)),
        ("Size of query photos", _size(protocol.query_size)),
    ]
    cropped = [
        side
        for side, box in (("queries", protocol.query_box), ("database photos", protocol.database_box))
        if box
    ]
    if cropped:
        rows.append(("Region of interest", f"{' and '.join(cropped)} are cropped to theirs first"))
    rows += [
        ("Metrics", "; ".join(metric.said for metric in metrics_of(protocol))),
        ("N", ", ".join(map(str, protocol.ns))),
    ]
    if protocol.mean is not None and protocol.std is not None:
        mean, std = (", ".join(f"{v:g}" for v in values) for values in (protocol.mean, protocol.std))
        rows.append(("Pixels of the published network", f"mean {mean}; standard deviation {std}"))
    rows += [("Published whitening", protocol.whitening), ("Source", protocol.source)]
    if protocol.published_for:
        rows.append(("Published for", ", ".join(protocol.published_for)))
    return rows


def _truth(truth: Truth) -> str:
    if truth.rule == "distance":
        return f"a database photo taken {truth.limit:g} m from the query or nearer"
    if truth.rule == "frames":
        return (
            f"a database frame whose number differs by {truth.limit:g} or less"
            if truth.limit
            else ("the database frame of the same number")
        )
    if truth.rule == "label":
        return "a database photo with the query's label"
    said = f"a photo that the data set lists as {' or '.join(truth.right)}"
    if truth.junk:
        said += f"; {' or '.join(truth.junk)} photos are neither right nor wrong: rankings go on without them"
    return said


def _suppression(protocol: Protocol) -> str:
    rule = protocol.suppression
    if rule is None:
        return "none"
    group = "each panorama" if rule.by == "panorama" else f"each {rule.size} consecutive database photos"
    return f"of {group} only the best answer stays"


def _size(rule: str) -> str:
    kind, _, value = rule.partition(":")
    words = {
        "descriptor": "as the descriptor takes it",
        "none": "as it is",
        "area": f"{value} x {value} pixels in all, aspect ratio kept",
        "longest": f"longer side {value} pixels",
        "shortest": f"shorter side {value} pixels",
        "fit": f"inside {value} pixels, aspect ratio kept",
        "exact": f"exactly {value} pixels, aspect ratio not kept",
    }
    return words.get(kind, rule)
