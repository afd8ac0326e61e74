"""Settings from files: the packaged ones, a TOML file over them, or a run's record."""

from __future__ import annotations

import difflib
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from features.errors import UsageError
from training.config.settings import TrainingConfig

T = TypeVar("T")


def load_config(path: Path | None = None) -> TrainingConfig:
    """Return the packaged settings, with those of a TOML file over them.

    Raises
    ------
    UsageError
        If the file cannot be read, or a key is unknown or out of range.
    """
    packaged = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    document = tomllib.loads(packaged)
    if path is not None:
        document = _merged(document, _read(Path(path)), "")
    return _built(TrainingConfig, document, "")


def config_of(document: Mapping[str, Any]) -> TrainingConfig:
    """Return the settings that a run's record tells; what it does not tell is as packaged.

    Raises
    ------
    UsageError
        If a key is unknown or out of range: another version wrote the record.
    """
    packaged = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    return _built(TrainingConfig, _merged(tomllib.loads(packaged), document, ""), "")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The configuration {path} cannot be read ({error.strerror}). Give a TOML file."
        raise UsageError(message) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"The configuration {path} is not readable TOML: {error}. Correct the line."
        raise UsageError(message) from error


def _merged(base: dict[str, Any], over: Mapping[str, Any], path: str) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        if key not in base:
            near = difflib.get_close_matches(key, base, n=2)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Keys: {', '.join(base)}."
            message = f"The configuration has the unknown key {path}{key}. {hint}"
            raise UsageError(message)
        if isinstance(base[key], dict) != isinstance(value, dict):
            kind = "a table" if isinstance(base[key], dict) else "a value"
            message = f"The configuration's {path}{key} must be {kind}, not {value!r}."
            raise UsageError(message)
        nested = isinstance(value, dict)
        result[key] = _merged(base[key], value, f"{path}{key}.") if nested else value
    return result


def _built(kind: type[T], document: Mapping[str, Any], path: str) -> T:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], document[name], f"{path}{name}") for name in names})


def _value(kind: Any, given: Any, key: str) -> Any:
    if is_dataclass(kind):
        return _built(typing.cast("type[Any]", kind), given, f"{key}.")
    if typing.get_origin(kind) is tuple and isinstance(given, list):
        return tuple(_value(typing.get_args(kind)[0], item, key) for item in given)
    if kind is float and type(given) is int:
        return float(given)
    if type(given) is not kind:
        wanted = "a list" if typing.get_origin(kind) is tuple else f"of type {kind.__name__}"
        message = f"The configuration's {key} must be {wanted}, not {given!r}."
        raise UsageError(message)
    return given
