"""What was left out, in words: other files by kind, photos by reason."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from placeprint.photos.walk import EXCLUDED, HIDDEN, SYSTEM_FILE

_KINDS = {
    "RAW photo": ".dng .nef .nrw .cr2 .cr3 .crw .arw .srf .sr2 .orf .ori .rw2 .raf .pef .ptx .rwl .srw .x3f "
    ".3fr .fff .iiq .mos .mrw .kdc .dcr .erf .mef .gpr .raw",
    "video": ".mov .mp4 .m4v .avi .mkv .mts .m2ts .3gp .3g2 .webm .wmv .mpg .mpeg .insv .360 .lrv .mp .flv "
    ".ogv",
    "picture of another kind": ".psd .psb .svg .jp2 .j2k .jxl .exr .hdr .xcf .ico .tga .dds .eps .ai",
    "document": ".pdf .doc .docx .odt .rtf .txt .md .html .htm .xls .xlsx .ods .ppt .pptx .csv .tsv",
    "archive": ".zip .7z .rar .tar .gz .tgz .bz2 .xz .zst",
    "track or map": ".gpx .kml .kmz .geojson .tcx .fit .shp .gpkg",
    "sound": ".mp3 .wav .m4a .aac .ogg .flac",
    "list of edits": ".aae .pp3 .dop .cos .on1",
}
_WORDS = {ending: word for word, endings in _KINDS.items() for ending in endings.split()}
_PLURALS = {"picture of another kind": "pictures of another kind", "track or map": "tracks or maps"}
_PLURALS["list of edits"] = "lists of edits"
_PLACE = re.compile(r" \((?:line|item) [^()]*\)$")
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|[-+]?[0-9][0-9.,:]*|(?<=same file as ).*|(?<=files: ).*")


def kinds_in_words(ignored: Mapping[str, int]) -> str:
    """ "3 .mov videos, 1 .nef RAW photo, 2 folders of the system (@eaDir)", most first; "" for nothing."""
    return ", ".join(_kind(*item) for item in sorted(ignored.items(), key=lambda item: (-item[1], item[0])))


def reasons_in_words(reasons: Iterable[str], shown: int = 6) -> str:
    """ "12 x no position in EXIF; 2 x is empty (0 bytes)": like reasons together, most first."""
    first: dict[str, str] = {}
    count: Counter[str] = Counter()
    for reason in reasons:
        plain = _PLACE.sub("", reason)
        key = _PARTICULAR.sub("...", plain)
        first.setdefault(key, plain)
        count[key] += 1
    told = [f"{n} x {first[key]}" for key, n in count.most_common(shown)]
    rest = len(count) - len(told)
    return "; ".join(told) + (f"; and {rest} other reasons" if rest else "")


def _kind(kind: str, count: int) -> str:
    if kind.endswith("/"):
        return f"{_several('folder', count)} of the system ({kind[:-1]})"
    if kind in (EXCLUDED, HIDDEN):
        return f"{count} {kind} {'file or folder' if count == 1 else 'files or folders'}"
    if kind == SYSTEM_FILE:
        return f"{_several('file', count)} of the system"
    if not kind:
        return f"{_several('file', count)} without an extension"
    return f"{count} {kind} {_several(_WORDS.get(kind, 'file'), count).partition(' ')[2]}"


def _several(word: str, count: int) -> str:
    return f"{count} {word if count == 1 else _PLURALS.get(word, word + 's')}"
