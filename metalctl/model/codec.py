"""Dataclasses of this room to JSON values and back, with the standard library only: it runs on the node too.

`decode` is strict: an unknown field, a missing field without default, a value of the wrong type or an integer of more
than 64 bits is a `DecodeError` that names the path. Tuples are lists in JSON, enums their values.

Thousands of inventories are decoded in one go, so a decoder is compiled once a type (`_fast`), which knows no path.
Only when it refuses, the data is walked again (`_decode`) to say where and why.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from metalctl.model.errors import MetalctlError

T = TypeVar("T")
Decoder = Callable[[Any], Any]
# No fact of ours is larger; arithmetic with a float would overflow.
_LARGEST = 2**63


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
    try:
        return typing.cast(T, _fast(typing.cast(Any, kind))(data))
    except _Refused:
        return typing.cast(T, _decode(kind, data, path or kind.__name__))


class _Refused(Exception):
    """The compiled decoder does not take the data; the slow one says why."""


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
    if isinstance(data, int) and not -_LARGEST <= data < _LARGEST:
        raise _mismatch(path, "a number of at most 64 bits", data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise _mismatch(path, kind.__name__, data)
    return data


def _mismatch(path: str, expected: str, got: Any) -> DecodeError:
    # A number of thousands of digits has no decimal form: Python refuses to write it.
    shown = hex(got) if isinstance(got, int) and not -_LARGEST <= got < _LARGEST else str(got)
    return DecodeError(f"{path}: expected {expected}, got {shown[:80]!r}")


@cache
def _fast(kind: Any) -> Decoder:
    """The compiled decoder of a type; it raises `_Refused` where `_decode` raises `DecodeError`."""
    if kind is Any or kind is object:
        return lambda data: data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _fast_union(typing.get_args(kind))
    if origin in (tuple, list):
        return _fast_sequence(origin, typing.get_args(kind))
    if origin is dict:
        return _fast_dict(typing.get_args(kind)[1])
    if dataclasses.is_dataclass(kind):
        return _fast_dataclass(kind)
    return _fast_scalar(kind)


def _fast_scalar(kind: Any) -> Decoder:
    # The usual case is the exact type; anything else (enums, ints for floats, subclasses) takes the slow way, alone.
    exact = kind if kind in (str, bool) else None

    def scalar(data: Any) -> Any:
        if data.__class__ is exact:
            return data
        if kind is int and data.__class__ is int and -_LARGEST <= data < _LARGEST:
            return data
        try:
            return _decode_scalar(kind, data, "")
        except DecodeError:
            raise _Refused from None

    return scalar


def _fast_union(options: tuple[Any, ...]) -> Decoder:
    decoders = [_fast(option) for option in options if option is not type(None)]
    optional = len(decoders) < len(options)

    def union(data: Any) -> Any:
        if data is None and optional:
            return None
        for decoder in decoders:
            try:
                return decoder(data)
            except _Refused:
                continue
        raise _Refused

    return union if len(decoders) > 1 or not optional else _fast_optional(decoders[0])


def _fast_optional(decoder: Decoder) -> Decoder:
    return lambda data: None if data is None else decoder(data)


def _fast_sequence(origin: Any, args: tuple[Any, ...]) -> Decoder:
    if origin is tuple and args and args[-1] is not Ellipsis:
        decoders = [_fast(a) for a in args]

        def fixed(data: Any) -> Any:
            if not isinstance(data, (list, tuple)) or len(data) != len(decoders):
                raise _Refused
            return tuple(decoder(v) for decoder, v in zip(decoders, data, strict=True))

        return fixed
    one = _fast(args[0])

    def sequence(data: Any) -> Any:
        if not isinstance(data, (list, tuple)):
            raise _Refused
        return origin([one(v) for v in data])

    return sequence


def _fast_dict(value_kind: Any) -> Decoder:
    one = _fast(value_kind)

    def mapping(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _Refused
        return {k: one(v) for k, v in data.items()}

    return mapping


def _plain(hint: Any) -> tuple[type | None, bool]:
    """The class whose values are taken as they are (str, bool, int), and whether None is, too."""
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    exact = (str, bool) if float in options else (str, bool, int)
    return next((o for o in options if o in exact), None), type(None) in options


def _fast_dataclass(kind: Any) -> Decoder:
    hints = _hints(kind)
    fields = [f for f in dataclasses.fields(kind) if f.init]
    # name → the one class that needs no look at all, whether null will do, and the decoder for everything else.
    table = {f.name: (*_plain(hints[f.name]), _fast(hints[f.name])) for f in fields}
    required = [f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING]
    names = tuple(table)
    positional = not any(f.kw_only for f in fields)
    plans: dict[tuple[type, ...], _Plan] = {}

    def build(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _Refused
        # What `encode` wrote has every field, in order: then one look at the classes of all values says what to do.
        if positional and tuple(data) == names:
            values = list(data.values())
            classes = tuple(map(type, values))
            plan = plans.get(classes)
            if plan is None:
                plan = _plan(classes, list(table.values()))
                if len(plans) < _MOST_PLANS:
                    plans[classes] = plan
            integers, others = plan
            for index in integers:
                if not -_LARGEST <= values[index] < _LARGEST:
                    raise _Refused
            for index, decoder in others:
                values[index] = decoder(values[index])
            return kind(*values)
        return kind(**_by_name(data, table, required))

    return build


_Field = tuple[type | None, bool, Decoder]
_Plan = tuple[tuple[int, ...], tuple[tuple[int, Decoder], ...]]
_MOST_PLANS = 256


def _plan(classes: tuple[type, ...], fields: list[_Field]) -> _Plan:
    """Which values are integers whose size is to be looked at, and which need their decoder."""
    integers, others = [], []
    for index, (of, (exact, optional, decoder)) in enumerate(zip(classes, fields, strict=True)):
        if of is exact:
            integers += [index] if of is int else []
        elif not (optional and of is type(None)):
            others.append((index, decoder))
    return tuple(integers), tuple(others)


def _by_name(data: dict[str, Any], table: dict[str, _Field], required: list[str]) -> dict[str, Any]:
    """The fields of data that lacks some, or has them in another order."""
    values = {}
    for name, value in data.items():
        if name not in table:
            raise _Refused
        exact, optional, decoder = table[name]
        of = value.__class__
        plain = (of is exact and (of is not int or -_LARGEST <= value < _LARGEST)) or (optional and value is None)
        values[name] = value if plain else decoder(value)
    for name in required:
        if name not in values:
            raise _Refused
    return values
