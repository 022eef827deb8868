"""Placeprint's own array files: format name, version, configuration and checksum in one `.npz`.

Writes are atomic: bytes go to a temporary file beside the target, are flushed to disk, and take the
target's name in one rename.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.errors import FormatError

Arrays = Mapping[str, NDArray[Any]]


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
    if not path.is_file():
        raise FormatError(f"{path} does not exist", "Check the path.")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            header = json.loads(str(archive["header"]))
            arrays = {k[2:]: archive[k] for k in archive.files if k.startswith("a_")}
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise FormatError(
            f"{path} is damaged or not a placeprint file ({error})", "Restore it from a backup."
        ) from error
    if header.get("format") != f"placeprint/{kind}":
        raise FormatError(f"{path} is a {header.get('format')} file, not placeprint/{kind}")
    if header["version"] > version:
        raise FormatError(
            f"{path} has layout version {header['version']}; this placeprint reads up to {version}",
            "Upgrade placeprint.",
        )
    if header["checksum"] != fingerprint(header["config"], arrays):
        raise FormatError(f"{path} is damaged: its checksum differs", "Restore it from a backup.")
    return header["config"], arrays
