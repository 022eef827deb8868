"""Networks from torch.hub: a repository with a `hubconf.py`, on GitHub or in a folder."""

import ast
import os
from pathlib import Path
from typing import Any

from placeprint.descriptors.adapters.module import describe_with
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.descriptors.sources import absolute
from placeprint.errors import PlaceprintError

MEND = "Write hub:OWNER/REPO:ENTRY or hub:FOLDER:ENTRY, then :KEY=VALUE,... if the entry takes arguments."
VARIABLE = "PLACEPRINT_TRUST"
"""Environment variable: folders whose code a saved descriptor may run, separated as in PATH."""

_named: set[str] = set()


def open_hub(what: str) -> NetworkDescriptor:
    """`OWNER/REPO[:BRANCH]:ENTRY[:KEY=VALUE,...]`, or a folder instead of the repository.

    This runs the repository's code: torch asks before downloading one that was never allowed. Input:
    `exact:322x322`, ImageNet's mean and standard deviation, unless the source says `#size=...,pixels=...`.
    Raises `PlaceprintError` if the entry cannot be loaded or is not a network.
    """
    need_torch("torch.hub")
    import torch

    from placeprint.descriptors.network.photo_network import PhotoNetwork

    repository, entry, given = _parts(what)
    local = Path(repository).is_dir()
    source = f"hub:{repository}:{entry}" + (f":{given}" if given else "")
    arguments = _arguments(given)
    if local:
        _named.add(repository)
    try:
        load: Any = torch.hub.load
        module = load(repository, entry, source="local" if local else "github", verbose=False, **arguments)
    except Exception as error:  # third-party code may raise anything
        raise PlaceprintError(
            f"{source} cannot be loaded ({type(error).__name__}: {error})",
            "Check the name, the connection, and in Python torch.hub.load, which asks whether to trust it.",
        ) from error
    if not isinstance(module, torch.nn.Module):
        raise PlaceprintError(f"{source} gives {type(module).__name__}, not a network", "Name another entry.")
    said = {"hub": Path(repository).name if local else repository, "entry": entry, "arguments": arguments}
    name = f"{entry} ({said['hub']})"
    if isinstance(module, PhotoNetwork):  # placeprint's own: it brings its sizes and its preprocessing
        return describe_with(
            module.network,
            module.size_rule,
            module.preprocessing,
            divisor=module.divisor,
            name=name,
            license=module.license,
            source=source,
            code=said,
        )
    return describe_with(module, name=name, source=source, code=said)


def local_repository(what: str) -> str | None:
    """The folder whose code `open_hub` would run; None for one on GitHub, where torch itself asks."""
    repository, _, _ = _parts(what)
    return repository if Path(repository).is_dir() else None


def check_trusted(folder: str, asked_by: Path) -> None:
    """Raises `PlaceprintError` for a folder the user has not named, either here or in `PLACEPRINT_TRUST`
    (folders, separated as in PATH).
    """
    allowed = {str(Path(name).resolve()) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name}
    if folder not in _named | allowed:
        raise PlaceprintError(
            f"{asked_by} would run the code in {folder}",
            f"If you know and trust that code, set the environment variable {VARIABLE}={folder}",
        )


def _parts(what: str) -> tuple[str, str, str]:
    place, given = what, ""
    if "=" in what.rpartition(":")[2]:
        place, _, given = what.rpartition(":")
    repository, colon, entry = place.rpartition(":")
    if not colon or not repository or not entry:
        raise PlaceprintError(f"hub:{what} does not name a repository and an entry", MEND)
    return absolute(repository), entry, given


def _arguments(text: str) -> dict[str, Any]:
    """Keyword arguments in Python syntax; a bare word is a string."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError("not KEY=VALUE")
        return {str(keyword.arg): _value(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError) as error:
        raise PlaceprintError(f"{text!r} are not valid arguments ({error})", MEND) from error


def _value(node: ast.expr) -> Any:
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)
