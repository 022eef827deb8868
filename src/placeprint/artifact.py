"""Placeprint's own array files: format name, version, configuration and checksum in one `.npz`.

Writes are atomic: bytes go to a temporary file beside the target, are flushed to disk, and take the
target's name in one rename.
"""

import hashlib
import io
import json
import math
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError

Arrays = Mapping[str, NDArray[Any]]

RESTORE = "Restore it from a backup."

MOST_JSON = 64 << 20
"""Bytes of the longest JSON that is read: headers and settings have thousands."""

MOST_EXPANDED, LEAST_LIMIT = 20, 64 << 20
"""How many times its own size a file may expand to, and how many bytes any may."""


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to disk, so that a rename survives a power failure."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader sees either the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp makes the file readable by its owner only
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which replaces `path` at the end of the block if nothing failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        temporary = folder / path.name
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sync_folder(path.parent)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def fingerprint(config: Mapping[str, Any], arrays: Arrays | None = None) -> str:
    """16 hex digits that change with any setting and any number: SHA-256 of both, in name order."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for name in sorted(arrays or {}):
        array = np.ascontiguousarray((arrays or {})[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def write_artifact(path: Path, kind: str, version: int, config: Mapping[str, Any], arrays: Arrays) -> None:
    """Write `arrays` under a header that `read_artifact` checks.

    `kind` names what the file is ("codebook", "lite0-netvlad", ...); `version` is that of this kind's layout;
    `config` is JSON: settings and provenance.
    """
    header = {
        "format": f"placeprint/{kind}",
        "version": version,
        "config": dict(config),
        "checksum": fingerprint(config, arrays),
    }
    buffer = io.BytesIO()
    named: dict[str, Any] = {f"a_{name}": array for name, array in arrays.items()}
    np.savez(buffer, header=np.array(json.dumps(header)), **named)
    replace_file(path, buffer.getvalue())


def read_artifact(path: Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read back (config, arrays). Raises `FormatError` if the file is not exactly that."""
    header, arrays = _read(path, lambda name: name.startswith("a_"))
    if header.format != f"placeprint/{kind}":
        raise FormatError(f"{path} is a {header.format} file, not placeprint/{kind}")
    check_version(path, header.version, version)
    arrays = {name[2:]: array for name, array in arrays.items()}
    if header.checksum != fingerprint(header.config, arrays):
        raise FormatError(f"{path} is damaged: its checksum differs", RESTORE)
    return header.config, arrays


def artifact_kind(path: Path) -> str:
    """The kind that a file says it is of. Raises `FormatError` for a damaged one."""
    header, _ = _read(path, lambda name: False)
    return header.format.removeprefix("placeprint/")


@dataclass(frozen=True)
class _Header:
    format: str
    version: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    checksum: str = ""

    def __post_init__(self) -> None:
        # By hand: pydantic would be loaded by whoever only imports placeprint.
        types = (("format", str), ("config", dict), ("checksum", str))
        wrong = [name for name, kind in types if not isinstance(getattr(self, name), kind)]
        if wrong:
            raise ValueError(f"{wrong[0]} is no {dict(types)[wrong[0]].__name__}")


def _read(path: Path, wanted: Callable[[str], bool]) -> tuple[_Header, dict[str, NDArray[Any]]]:
    if not path.is_file():
        raise FormatError(f"{path} does not exist", "Check the path.")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            _check_sizes(archive.zip, path.stat().st_size)
            text = archive["header"]
            if text.dtype.kind != "U" or text.shape != ():
                raise ValueError("its header is no text")
            content = parse_json(str(text).encode(), path)
            names = {name.name for name in fields(_Header)}
            header = _Header(**{name: value for name, value in content.items() if name in names})
            return header, {name: archive[name] for name in archive.files if wanted(name)}
    except FormatError:
        raise
    except Exception as error:  # zipfile, zlib and the parser of NumPy's headers raise nearly anything
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise FormatError(f"{path} is damaged or not a placeprint file ({said})", RESTORE) from error


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """A small file must not fill the memory: ours are not compressed, or little."""
    total = sum(entry.file_size for entry in archive.infolist())
    if total > max(MOST_EXPANDED * size, LEAST_LIMIT):
        raise ValueError(f"{size} bytes that expand to {total}")


def check_version(path: Path, said: object, newest: int) -> None:
    """Raises `FormatError` unless `said` is one of 1 ... `newest`."""
    if type(said) is not int or said < 1:
        raise FormatError(f"{path} is damaged: {said!r:.50} is no layout version", RESTORE)
    if said > newest:
        raise FormatError(
            f"{path} has layout version {said}; this placeprint reads up to {newest}", "Upgrade placeprint."
        )


@contextmanager
def interpreting(path: Path, mend: str = RESTORE) -> Iterator[None]:
    """Around what makes something of a file's content: whatever is missing in it or of another type becomes a
    `FormatError`. A checksum says that a file is as it was written, not that it was written by placeprint.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise FormatError(f"{path} is damaged or not what it says it is ({said})", mend) from error


def read_json(path: Path, mend: str = RESTORE) -> dict[str, Any]:
    """The object in a JSON file of ours. Raises `FormatError`; `OSError` if there is no file to read."""
    with path.open("rb") as file:
        content = file.read(MOST_JSON + 1)
    return parse_json(content, path, mend)


def parse_json(content: bytes | str, path: Path, mend: str = RESTORE) -> dict[str, Any]:
    """The object that a text of JSON is, with finite numbers only; `path` is for the message.

    Raises `FormatError` for anything else, however deep or long.
    """
    try:
        if len(content) > MOST_JSON:
            raise ValueError(f"it is longer than {MOST_JSON >> 20} MB")
        said = json.loads(content, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError, MemoryError) as error:
        said = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise FormatError(f"{path} is damaged: it cannot be read ({said})", mend) from None
    if not isinstance(said, dict):
        raise FormatError(f"{path} is damaged: it is not a JSON object", mend)
    return said


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > 20:
        raise ValueError(f"{text[:20]}... is too large")
    return int(text)
