"""Dataclasses of this room to JSON values and back, with the standard library only: it runs on the node too.

`decode` is strict: an unknown field, a missing field without default, a value of the wrong type or an integer of more
than 64 bits is a `DecodeError` that names the path. Tuples are lists in JSON, enums their values.

Thousands of inventories are decoded in one go, so a decoder is compiled once a type (`_compiled`), which knows no path.
Only when it refuses, the data is walked again (`_decode`) to say where and why.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from enum import Enum
from typing import Any, TypeVar

from metalctl.model._compiled import Refused, compiled
from metalctl.model._scalars import DecodeError, hints_of, mismatch, scalar

__all__ = ["DecodeError", "decode", "encode"]

T = TypeVar("T")
_PLAIN = frozenset({str, int, float, bool, types.NoneType})


def encode(value: Any) -> Any:
    """The value as JSON values: dict, list, str, int, float, bool, None."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if (names := _names(kind)) is not None:
        return {name: encode(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(v) for v in value]
    return value


@functools.cache
def _names(kind: Any) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for any other type. Asked once a type: inventories have thousands of values."""
    return tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def decode(kind: type[T], data: Any, path: str = "") -> T:
    """Build `kind` from JSON values; raises DecodeError with the path of the first mismatch."""
    try:
        return typing.cast(T, compiled(typing.cast(Any, kind))(data))
    except Refused:
        return typing.cast(T, _decode(kind, data, path or kind.__name__))


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
            raise mismatch(path, "an object", data)
        value_kind = typing.get_args(kind)[1]
        return {k: _decode(value_kind, v, f"{path}.{k}") for k, v in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, path)
    return scalar(kind, data, path)


def _decode_union(options: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and type(None) in options:
        return None
    error: DecodeError | None = None
    for option in (o for o in options if o is not type(None)):
        try:
            return _decode(option, data, path)
        except DecodeError as failed:
            error = failed
    raise error or mismatch(path, "null", data)


def _decode_sequence(origin: Any, args: tuple[Any, ...], data: Any, path: str) -> Any:
    if not isinstance(data, (list, tuple)):
        raise mismatch(path, "a list", data)
    if origin is tuple and args and args[-1] is not Ellipsis:
        if len(args) != len(data):
            raise mismatch(path, f"{len(args)} items", data)
        return tuple(_decode(a, v, f"{path}[{i}]") for i, (a, v) in enumerate(zip(args, data, strict=True)))
    return origin(_decode(args[0], v, f"{path}[{i}]") for i, v in enumerate(data))


def _decode_dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise mismatch(path, "an object", data)
    hints = hints_of(kind)
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
