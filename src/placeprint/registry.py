"""Names for algorithms: one line beside the definition makes it available everywhere by that name.

```python
@RERANKERS.register("geometry")
class Geometry: ...
```

An entry is found by name without importing the others: `geometry` in the module `geometry` of its package,
`k-reciprocal` in `k_reciprocal`. Other packages add theirs as entry points of the registry's group.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from inspect import Parameter, signature
from pkgutil import walk_packages
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from placeprint.errors import PlaceprintError

T = TypeVar("T")

REGISTRIES: "dict[str, Registry[Any]]" = {}
"""Every loaded registry, by the kind of its entries."""


class Registry(Mapping[str, T]):
    """Entries of one kind by name: classes, functions or objects.

    `kind`: what they are ("index"); `package`: the package (or module) with their definitions; `group`: the
    group of entry points where other packages offer theirs. `walk`: whether all modules of the package may
    be imported to list all names; otherwise only the names already loaded are listed.
    """

    def __init__(self, kind: str, package: str, group: str, walk: bool = True) -> None:
        self.kind, self.package, self.group, self.walk = kind, package, group, walk
        self._entries: dict[str, T] = {}
        self._complete = False
        REGISTRIES[kind] = self

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that names a class or function. Raises `ValueError` for a name that is taken."""

        def decorate(entry: T) -> T:
            known = self._entries.get(name, entry)
            if _home(known) != _home(entry):  # a module that is imported again may register again
                raise ValueError(f"there are two {self.kind} entries {name!r}: {known} and {entry}")
            self._entries[name] = entry
            return entry

        return decorate

    def __getitem__(self, name: str) -> T:
        """The entry. Raises `KeyError`; `find` raises an error that lists the entries."""
        if name not in self._entries:
            self._look_for(name)
        return self._entries[name]

    def find(self, name: str) -> T:
        """The entry. Raises `PlaceprintError`, listing the existing ones."""
        try:
            return self[name]
        except KeyError:
            near = get_close_matches(name, list(self), 1)
            raise PlaceprintError(
                f"unknown {self.kind} {name!r}",
                (f"Did you mean {near[0]!r}? " if near else "") + f"Available: {', '.join(self)}.",
            ) from None

    def __iter__(self) -> Iterator[str]:
        self._load_all()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self._load_all()
        return len(self._entries)

    def first_sentence(self, name: str) -> str:
        """Of what an entry says of itself (`said`, `title`) or of its docstring, for lists."""
        entry: Any = self.find(name)
        entry = entry.func if isinstance(entry, partial) else entry
        texts = (getattr(entry, key, None) for key in ("said", "title", "__doc__"))
        said = " ".join(next(filter(None, texts), "").split("\n\n")[0].split())
        return re.split(r"(?<=[.!?]) (?=[A-Z`])", said)[0]

    def make(self, text: str, *arguments: Any) -> Any:
        """An entry called with `arguments` and the options in the text.

        `NAME[:VALUE][,KEY=VALUE...]`, as in `geometry:20,weight=0.2`; VALUE is the first option. Raises
        `PlaceprintError` for an unknown name or option and for an unsuitable value.
        """
        name, value, options = split_options(text)
        entry: Any = self.find(name)
        known = list(signature(entry).parameters.values())[len(arguments) :]
        known = [p for p in known if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
        if value is not None:
            if not known:
                raise PlaceprintError(f"{text!r}: {name} takes no {value!r}", f"Write {name}.")
            options = {known[0].name: value} | options
        by_name = {parameter.name: parameter.annotation for parameter in known}
        for key in options:
            if key not in by_name:
                said = f"Its options: {', '.join(by_name)}." if by_name else "It has no options."
                raise PlaceprintError(f"{text!r}: {name} has no option {key!r}", said)
        try:
            made = {key: _converted(given, by_name[key]) for key, given in options.items()}
            return entry(*arguments, **made)
        except ValueError as error:
            raise PlaceprintError(f"{text!r}: {error}", "Change that value.") from error

    def _look_for(self, name: str) -> None:
        module = f"{self.package}.{name.replace('-', '_')}"
        is_name = re.fullmatch(r"[a-z0-9_-]+", name) is not None
        if is_name and self._is_package() and find_spec(module) is not None:
            import_module(module)
        if name not in self._entries:
            self._load_all()

    def _is_package(self) -> bool:
        return hasattr(import_module(self.package), "__path__")

    def _load_all(self) -> None:
        if self._complete:
            return
        self._complete = True
        room = import_module(self.package)
        for module in walk_packages(getattr(room, "__path__", ()) if self.walk else (), f"{self.package}."):
            import_module(module.name)
        for point in entry_points(group=self.group):
            if point.name not in self._entries:
                self.register(point.name)(point.load())


def _home(entry: Any) -> tuple[str, str]:
    module = getattr(entry, "__module__", type(entry).__module__)
    return module, getattr(entry, "__qualname__", None) or repr(entry)


def split_options(text: str) -> tuple[str, str | None, dict[str, str]]:
    """(name, value, options) of `NAME[:VALUE][,KEY=VALUE...]`; a value may contain commas."""
    head, *rest = re.split(r",(?=[a-z_]+=)", text.strip())
    name, colon, value = head.partition(":")
    return name, value if colon else None, dict(part.split("=", 1) for part in rest)


def _converted(text: str, annotation: Any) -> Any:
    """A value converted to the type of the parameter. Raises `ValueError`."""
    kinds = [annotation]
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if text == "none" and type(None) in get_args(annotation):
            return None
    for kind in kinds:
        if get_origin(kind) is Literal and text in map(str, get_args(kind)):
            return next(choice for choice in get_args(kind) if str(choice) == text)
        if kind is bool and text in ("true", "false"):
            return text == "true"
        if kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
        if kind is str:
            return text
    choices = [str(choice) for kind in kinds for choice in get_args(kind)]
    wanted = " or ".join(choices) if choices else " or ".join(getattr(k, "__name__", str(k)) for k in kinds)
    raise ValueError(f"{text!r} is not {wanted}")
