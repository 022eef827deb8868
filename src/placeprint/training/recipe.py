"""Recipes: training configurations as TOML files, published ones and small ones."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from placeprint.errors import PlaceprintError
from placeprint.training.config import TrainingConfig

FOLDER = Path(__file__).with_name("recipes")


def recipe_names() -> list[str]:
    """The recipes shipped with placeprint."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name_or_path: str | Path, changes: Sequence[str] = ()) -> TrainingConfig:
    """A placeprint recipe by name, or a TOML or JSON file (`config.json` of a run).

    A TOML file may say `extends = "NAME"`: it is then that recipe with the given fields changed. `changes`:
    "section.key=value" each, with the value in TOML ("run.epochs=3", 'data.size="exact:320x240"') or `none`.
    Raises PlaceprintError, naming the wrong field.
    """
    path = _path(name_or_path)
    said = _read(path)
    for change in changes:
        _change(said, change)
    try:
        return TrainingConfig.model_validate(said)
    except ValueError as error:
        raise _wrong(path, error) from error


def small(config: TrainingConfig) -> TrainingConfig:
    """The same recipe at the size of a smoke run: 6 steps at 160 pixels, a checkpoint after 5."""
    data = config.data.model_copy(
        update={"size": "exact:160x160", "validation_size": "exact:160x160", "views_per_panorama": 4}
    )
    run = config.run.model_copy(
        update={
            "epochs": 1,
            "steps_per_epoch": 6,
            "keep_every": 5,
            "chunk": None,
            "batch": min(config.run.batch, 4),
        }
    )
    name = f"{config.name.removesuffix('-dev')}-dev"
    return config.model_copy(update={"data": data, "run": run, "name": name})


def _path(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix in (".toml", ".json"):
        return path
    path = FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        raise PlaceprintError(
            f"there is no recipe {str(name_or_path)!r}",
            f"Name a .toml file, or: {', '.join(recipe_names())}",
        )
    return path


def _read(path: Path, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path in extending:
        raise PlaceprintError(f"{path} extends itself", "Name another recipe in `extends`")
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return TrainingConfig.model_validate_json(text).model_dump()
        said = tomllib.loads(text)
    except OSError as error:
        raise PlaceprintError(f"{path}: {error.strerror}", "Check the path") from error
    except ValueError as error:
        raise _wrong(path, error) from error
    base = said.pop("extends", None)
    return said if base is None else _merged(_read(_path(base), (*extending, path)), said)


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes` applied to `base` by section; a section with another `name` or `kind` is replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            same = all(value.get(k, old.get(k)) == old.get(k) for k in ("name", "kind"))
            merged[key] = _merged(old, value) if same else value
        else:
            merged[key] = value
    return merged


def _change(said: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    *path, last = key.strip().split(".")
    try:
        parsed = tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    if not equals or not last:
        raise PlaceprintError(f"{change!r} is not section.key=value", "For example: run.epochs=3")
    place: Any = said
    for step in path:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise PlaceprintError(f"{key}: {step} is not a section", "See the recipe's file")
    place[last] = None if parsed == "none" else parsed


def _wrong(path: Path, error: ValueError) -> PlaceprintError:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return PlaceprintError(f"{path} is not a recipe ({error})", "See docs/training.md")
    first: Mapping[str, Any] = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the recipe"
    return PlaceprintError(
        f"{path}: {field}: {first['msg']}", "See docs/training.md for the fields of a recipe"
    )
