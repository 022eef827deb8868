"""`map.json`: what a map is, and the descriptor and settings it was built with. Written once, atomically."""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from placeprint.artifact import check_version, read_json, replace_file
from placeprint.errors import FormatError
from placeprint.representations import Blob, Column, Dense, Local

LOG = logging.getLogger(__name__)

FORMAT = "placeprint/placemap"
VERSION = 2
MANIFEST = "map.json"
DATABASE = "photos.db"
SEGMENTS = "segments"
RESTORE = "Restore the map from a backup, or build it again."


def write_manifest(folder: Path, config: dict[str, Any]) -> None:
    """Write `map.json` with `config`, which is JSON."""
    try:
        written_by = version("placeprint")
    except PackageNotFoundError:
        written_by = "unknown"
    content = {
        "format": FORMAT,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "placeprint": written_by,
        "config": config,
    }
    content["checksum"] = checksum(content)
    replace_file(folder / MANIFEST, json.dumps(content, indent=2).encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """The `config` of `map.json`. Raises `FormatError`."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[int, dict[str, Any]]:
    """Layout version, and the `config` in terms of the newest one."""
    path = folder / MANIFEST
    try:
        content = read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        what = f"{folder} is not a place map" if folder.exists() else f"there is no place map at {folder}"
        raise FormatError(what, "Build one: placeprint build PHOTOS -o MAP") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error})", RESTORE) from None
    if "format" not in content:
        raise FormatError(f"{path} is not the file of a place map", RESTORE)
    if content["format"] != FORMAT:
        raise FormatError(f"{path} is of a {content['format']!r:.50}, not of a {FORMAT}", RESTORE)
    check_version(path, content.get("version"), VERSION)
    stored = content.pop("checksum", None)
    if stored != checksum(content):
        raise FormatError(f"{path} is damaged: its checksum differs", RESTORE)
    config = content.get("config")
    if not isinstance(config, dict):
        raise FormatError(f"{path} is damaged: it has no config", RESTORE)
    if content["version"] == 1:
        try:
            config = _from_version_1(config)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(f"{path} is damaged: its config lacks {error}", RESTORE) from error
    return content["version"], config


def upgrade_manifest(folder: Path) -> None:
    """Upgrade a map of layout version 1 to this version, before anything is written to it."""
    version, config = _read(folder)
    if version == 1:
        write_manifest(folder, config)
        LOG.warning(
            "%s: converted from layout version 1; older versions of placeprint cannot read it", folder
        )


def _from_version_1(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same map in terms of version 2: its pipeline, and its columns, which were always these three."""
    descriptor, features = config["descriptor"], config["features"]
    columns = [Column("vector", Dense(int(descriptor["recipe"].get("dim", 0))))]
    columns += [] if features is None else [Column("local", Local())]
    columns += [Column("thumbnail", Blob())]
    return {
        "descriptor": descriptor,
        "stages": "" if features is None else "+geometry:20",
        "columns": [column.to_dict() for column in columns],
        "extractors": {} if features is None else {"local": features},
    }


def checksum(content: Any) -> str:
    """16 hex digits of the SHA-256 of JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def seal(content: dict[str, Any]) -> str:
    """JSON together with its checksum."""
    return json.dumps({"content": content, "checksum": checksum(content)})


def unseal(text: str) -> dict[str, Any] | None:
    """The argument of `seal`; None if it is damaged."""
    try:
        stored = json.loads(text)
        sound = stored["checksum"] == checksum(stored["content"])
        return dict(stored["content"]) if sound else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
