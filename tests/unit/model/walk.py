"""The codec's decoder a second time, plain and slow, with a path: the real one must agree with it."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from typing import Any

from metalctl.model.codec import DecodeError

LARGEST = 2**63


def walked(kind: Any, data: Any, path: str) -> Any:
    """The value; DecodeError with the path of the first mismatch."""
    if kind is Any or kind is object:
        return data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(kind), data, path)
    if origin in (tuple, list):
        return _sequence(origin, typing.get_args(kind), data, path)
    if origin is dict:
        if not isinstance(data, dict):
            raise mismatch(path, "an object", data)
        value_kind = typing.get_args(kind)[1]
        return {k: walked(value_kind, v, f"{path}.{k}") for k, v in data.items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, data, path)
    return scalar(kind, data, path)


def _union(options: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and type(None) in options:
        return None
    error: DecodeError | None = None
    for option in (o for o in options if o is not type(None)):
        try:
            return walked(option, data, path)
        except DecodeError as failed:
            error = failed
    raise error or mismatch(path, "null", data)


def _sequence(origin: Any, args: tuple[Any, ...], data: Any, path: str) -> Any:
    if not isinstance(data, (list, tuple)):
        raise mismatch(path, "a list", data)
    if origin is tuple and args and args[-1] is not Ellipsis:
        if len(args) != len(data):
            raise mismatch(path, f"{len(args)} items", data)
        return tuple(walked(a, v, f"{path}[{i}]") for i, (a, v) in enumerate(zip(args, data, strict=True)))
    return origin(walked(args[0], v, f"{path}[{i}]") for i, v in enumerate(data))


def _dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise mismatch(path, "an object", data)
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind) if f.init}
    if unknown := sorted(set(data) - set(known)):
        raise DecodeError(
            f"{path}: unknown field {unknown[0]!r}", hint="was it written by another version of metalctl?"
        )
    values = {name: walked(hints[name], data[name], f"{path}.{name}") for name in known if name in data}
    for name, f in known.items():
        if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise DecodeError(f"{path}: field {name!r} is missing")
    return kind(**values)


def scalar(kind: Any, data: Any, path: str) -> Any:
    """A single value of that type; DecodeError with the path where it is another."""
    if typing.get_origin(kind) is typing.Literal:
        options = typing.get_args(kind)
        if not any(type(data) is type(option) and data == option for option in options):
            raise mismatch(path, " or ".join(map(str, options)), data)
        return data
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            raise mismatch(path, " or ".join(str(m.value) for m in kind), data) from None
    if isinstance(data, int) and not -LARGEST <= data < LARGEST:
        raise mismatch(path, "a number of at most 64 bits", data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise mismatch(path, kind.__name__, data)
    return data


def mismatch(path: str, expected: str, got: Any) -> DecodeError:
    """The error, with at most 80 characters of what was there."""
    # A number of thousands of digits has no decimal form: Python refuses to write it.
    shown = hex(got) if isinstance(got, int) and not -LARGEST <= got < LARGEST else str(got)
    return DecodeError(f"{path}: expected {expected}, got {shown[:80]!r}")
