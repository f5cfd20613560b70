"""Decoders of dataclasses, compiled once a type. They know no path, and refuse exactly what the codec refuses."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any

from metalctl.model._scalars import LARGEST, DecodeError, hints_of, scalar

Decoder = Callable[[Any], Any]


class Refused(Exception):
    """The compiled decoder does not take the data; the codec's walk says why."""


@cache
def compiled(kind: Any) -> Decoder:
    """The compiled decoder of a type; it raises `Refused` where the codec raises `DecodeError`."""
    if kind is Any or kind is object:
        return lambda data: data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(kind))
    if origin in (tuple, list):
        return _sequence(origin, typing.get_args(kind))
    if origin is dict:
        return _dict(typing.get_args(kind)[1])
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    return _scalar(kind)


def _scalar(kind: Any) -> Decoder:
    # The usual case is the exact type; anything else (enums, ints for floats, subclasses) takes the slow way, alone.
    exact = kind if kind in (str, bool) else None

    def one(data: Any) -> Any:
        if data.__class__ is exact:
            return data
        if kind is int and data.__class__ is int and -LARGEST <= data < LARGEST:
            return data
        try:
            return scalar(kind, data, "")
        except DecodeError:
            raise Refused from None

    return one


def _union(options: tuple[Any, ...]) -> Decoder:
    decoders = [compiled(option) for option in options if option is not type(None)]
    optional = len(decoders) < len(options)

    def union(data: Any) -> Any:
        if data is None and optional:
            return None
        for decoder in decoders:
            try:
                return decoder(data)
            except Refused:
                continue
        raise Refused

    return union if len(decoders) > 1 or not optional else _optional(decoders[0])


def _optional(decoder: Decoder) -> Decoder:
    return lambda data: None if data is None else decoder(data)


def _sequence(origin: Any, args: tuple[Any, ...]) -> Decoder:
    if origin is tuple and args and args[-1] is not Ellipsis:
        decoders = [compiled(a) for a in args]

        def fixed(data: Any) -> Any:
            if not isinstance(data, (list, tuple)) or len(data) != len(decoders):
                raise Refused
            return tuple(decoder(v) for decoder, v in zip(decoders, data, strict=True))

        return fixed
    one = compiled(args[0])

    def sequence(data: Any) -> Any:
        if not isinstance(data, (list, tuple)):
            raise Refused
        # Most lists of an inventory are empty.
        return origin([one(v) for v in data]) if data else origin()

    return sequence


def _dict(value_kind: Any) -> Decoder:
    one = compiled(value_kind)

    def mapping(data: Any) -> Any:
        if not isinstance(data, dict):
            raise Refused
        return {k: one(v) for k, v in data.items()}

    return mapping


def _plain(hint: Any) -> tuple[type | None, bool]:
    """The class whose values are taken as they are (str, bool, and int or float), and whether None is."""
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    # Where a float is wanted an integer becomes one, which is the decoder's work.
    exact = (str, bool, float) if float in options else (str, bool, int)
    return next((o for o in options if o in exact), None), type(None) in options


def _dataclass(kind: Any) -> Decoder:
    hints = hints_of(kind)
    fields = [f for f in dataclasses.fields(kind) if f.init]
    # name → the one class that needs no look at all, whether null will do, and the decoder for everything else.
    table = {f.name: (*_plain(hints[f.name]), compiled(hints[f.name])) for f in fields}
    required = [f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING]
    names = tuple(table)
    positional = not any(f.kw_only for f in fields)
    plans: dict[tuple[type, ...], _Plan] = {}

    def build(data: Any) -> Any:
        if not isinstance(data, dict):
            raise Refused
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
                if not -LARGEST <= values[index] < LARGEST:
                    raise Refused
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
            raise Refused
        exact, optional, decoder = table[name]
        of = value.__class__
        plain = (of is exact and (of is not int or -LARGEST <= value < LARGEST)) or (optional and value is None)
        values[name] = value if plain else decoder(value)
    for name in required:
        if name not in values:
            raise Refused
    return values
