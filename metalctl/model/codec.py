"""Dataclasses of this room to JSON values and back, with the standard library only: it runs on the node too.

`decode` is strict: an unknown field, a missing field without default, or a value of the wrong type is a `DecodeError`
that names the path. Tuples are lists in JSON, enums their values.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from metalctl.model.errors import MetalctlError

T = TypeVar("T")


class DecodeError(MetalctlError):
    """JSON that does not have the shape of the dataclass."""


def encode(value: Any) -> Any:
    """The value as JSON values: dict, list, str, int, float, bool, None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(v) for v in value]
    return value


def decode(kind: type[T], data: Any, path: str = "") -> T:
    """Build `kind` from JSON values; raises DecodeError with the path of the first mismatch."""
    return typing.cast(T, _decode(kind, data, path or kind.__name__))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Any, path: str) -> Any:
    if kind is Any or kind is object:
        return data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data, path)
    if origin in (tuple, list):
        return _decode_sequence(origin, typing.get_args(kind), data, path)
    if origin is dict:
        if not isinstance(data, dict):
            raise _mismatch(path, "an object", data)
        value_kind = typing.get_args(kind)[1]
        return {k: _decode(value_kind, v, f"{path}.{k}") for k, v in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, path)
    return _decode_scalar(kind, data, path)


def _decode_union(options: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and type(None) in options:
        return None
    error: DecodeError | None = None
    for option in (o for o in options if o is not type(None)):
        try:
            return _decode(option, data, path)
        except DecodeError as failed:
            error = failed
    raise error or _mismatch(path, "null", data)


def _decode_sequence(origin: Any, args: tuple[Any, ...], data: Any, path: str) -> Any:
    if not isinstance(data, (list, tuple)):
        raise _mismatch(path, "a list", data)
    if origin is tuple and args and args[-1] is not Ellipsis:
        if len(args) != len(data):
            raise _mismatch(path, f"{len(args)} items", data)
        return tuple(_decode(a, v, f"{path}[{i}]") for i, (a, v) in enumerate(zip(args, data, strict=True)))
    return origin(_decode(args[0], v, f"{path}[{i}]") for i, v in enumerate(data))


def _decode_dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise _mismatch(path, "an object", data)
    hints = _hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind) if f.init}
    if unknown := sorted(set(data) - set(known)):
        raise DecodeError(
            f"{path}: unknown field {unknown[0]!r}", hint="was it written by another version of metalctl?"
        )
    values = {name: _decode(hints[name], data[name], f"{path}.{name}") for name in known if name in data}
    for name, f in known.items():
        if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise DecodeError(f"{path}: field {name!r} is missing")
    return kind(**values)


def _decode_scalar(kind: Any, data: Any, path: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            raise _mismatch(path, " or ".join(str(m.value) for m in kind), data) from None
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise _mismatch(path, kind.__name__, data)
    return data


def _mismatch(path: str, expected: str, got: Any) -> DecodeError:
    return DecodeError(f"{path}: expected {expected}, got {str(got)[:80]!r}")
