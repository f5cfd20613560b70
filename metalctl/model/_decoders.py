"""Decoders of dataclasses, compiled once a type: thousands of inventories are decoded in one go.

What a decoder does not take it says itself (`Refused`), and each that called it puts before it where it stands.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

# No fact of ours is larger; arithmetic with a float would overflow.
LARGEST = 2**63
Decoder = Callable[[Any], Any]


class Refused(Exception):
    """said: what is wrong; where: at which step below what was decoded (".disks[3].size"); hint: what to do."""

    def __init__(self, said: str, hint: str = "") -> None:
        super().__init__(said)
        self.said, self.hint, self.where = said, hint, ""

    def below(self, step: str) -> None:
        """Where it stands in what holds it."""
        self.where = step + self.where


@cache
def compiled(kind: Any) -> Decoder:
    """The decoder of a type; it raises `Refused`."""
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


def _mismatch(expected: str, got: Any) -> Refused:
    """With at most 80 characters of what was there."""
    # A number of thousands of digits has no decimal form: Python refuses to write it.
    shown = hex(got) if isinstance(got, int) and not -LARGEST <= got < LARGEST else str(got)
    return Refused(f"expected {expected}, got {shown[:80]!r}")


def _scalar(kind: Any) -> Decoder:
    # The usual case is the exact type; anything else (enums, ints for floats, subclasses) takes the slow way, alone.
    exact = kind if kind in (str, bool) else None

    def one(data: Any) -> Any:
        if data.__class__ is exact:
            return data
        if kind is int and data.__class__ is int and -LARGEST <= data < LARGEST:
            return data
        return _odd(kind, data)

    return one


def _literal(options: tuple[Any, ...], data: Any) -> Any:
    if not any(type(data) is type(option) and data == option for option in options):
        raise _mismatch(" or ".join(map(str, options)), data)
    return data


def _odd(kind: Any, data: Any) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        return _literal(typing.get_args(kind), data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            raise _mismatch(" or ".join(str(m.value) for m in kind), data) from None
    return _number(kind, data)


def _number(kind: type, data: Any) -> Any:
    """A number, or what is no other kind of value."""
    if isinstance(data, int) and not -LARGEST <= data < LARGEST:
        raise _mismatch("a number of at most 64 bits", data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise _mismatch(kind.__name__, data)
    return data


def _union(options: tuple[Any, ...]) -> Decoder:
    decoders = [compiled(option) for option in options if option is not type(None)]
    optional = len(decoders) < len(options)

    def union(data: Any) -> Any:
        if data is None and optional:
            return None
        refusal = _mismatch("null", data)
        for decoder in decoders:
            try:
                return decoder(data)
            except Refused as refused:
                refusal = refused
        raise refusal

    return union if len(decoders) > 1 or not optional else _optional(decoders[0])


def _optional(decoder: Decoder) -> Decoder:
    return lambda data: None if data is None else decoder(data)


def _sequence(origin: Any, args: tuple[Any, ...]) -> Decoder:
    if origin is tuple and args and args[-1] is not Ellipsis:
        return _fixed([compiled(a) for a in args])
    one = compiled(args[0])

    def sequence(data: Any) -> Any:
        if not isinstance(data, (list, tuple)):
            raise _mismatch("a list", data)
        found: list[Any] = []
        try:
            found.extend(map(one, data))
        except Refused as refused:
            refused.below(f"[{len(found)}]")  # `extend` keeps those before it
            raise
        return found if origin is list else tuple(found)

    return sequence


def _fixed(decoders: list[Decoder]) -> Decoder:
    def fixed(data: Any) -> Any:
        if not isinstance(data, (list, tuple)):
            raise _mismatch("a list", data)
        if len(data) != len(decoders):
            raise _mismatch(f"{len(decoders)} items", data)
        return tuple(_in(f"[{i}]", decoder, v) for i, (decoder, v) in enumerate(zip(decoders, data, strict=True)))

    return fixed


def _in(step: str, decoder: Decoder, data: Any) -> Any:
    try:
        return decoder(data)
    except Refused as refused:
        refused.below(step)
        raise


def _dict(value_kind: Any) -> Decoder:
    one = compiled(value_kind)

    def mapping(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _mismatch("an object", data)
        return {k: _in(f".{k}", one, v) for k, v in data.items()}

    return mapping


@dataclasses.dataclass(slots=True)
class _Field:
    """exact: the class whose values are taken as they are (str, bool, and int or float); optional: whether None is."""

    decoder: Decoder
    exact: type | None
    optional: bool
    required: bool

    def plain(self, of: type) -> bool:
        """Whether a value of that class needs no decoder; the size of an integer is to be looked at all the same."""
        return of is self.exact or (self.optional and of is type(None))


def _field(field: dataclasses.Field[Any], hint: Any) -> _Field:
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    # Where a float is wanted an integer becomes one, which is the decoder's work.
    exact = (str, bool, float) if float in options else (str, bool, int)
    required = field.default is field.default_factory is dataclasses.MISSING
    return _Field(compiled(hint), next((o for o in options if o in exact), None), type(None) in options, required)


_Plan = tuple[tuple[int, Decoder | None], ...]
_MOST_PLANS = 256


def _plan(classes: tuple[type, ...], fields: list[_Field]) -> _Plan:
    """Which values need their decoder; None for integers whose size is to be looked at."""
    known = enumerate(zip(classes, fields, strict=True))
    looks = ((i, None if f.plain(of) else f.decoder) for i, (of, f) in known if of is int or not f.plain(of))
    return tuple(looks)


def _dataclass(kind: Any) -> Decoder:
    hints = typing.get_type_hints(kind)
    fields = [f for f in dataclasses.fields(kind) if f.init]
    table = {f.name: _field(f, hints[f.name]) for f in fields}
    names = tuple(table)
    positional = not any(f.kw_only for f in fields)
    plans: dict[tuple[type, ...], _Plan] = {}

    def build(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _mismatch("an object", data)
        # What `encode` wrote has every field, in order: then one look at the classes of all values says what to do.
        if not positional or tuple(data) != names:
            return kind(**_by_name(data, table))
        values = list(data.values())
        classes = tuple(map(type, values))
        plan = plans.get(classes)
        if plan is None:
            plan = _plan(classes, list(table.values()))
            if len(plans) < _MOST_PLANS:
                plans[classes] = plan
        index = 0
        try:
            for index, decoder in plan:
                if decoder is not None:
                    values[index] = decoder(values[index])
                elif not -LARGEST <= values[index] < LARGEST:
                    _odd(int, values[index])
        except Refused as refused:
            refused.below(f".{names[index]}")
            raise
        return kind(*values)

    return build


def _by_name(data: dict[str, Any], table: dict[str, _Field]) -> dict[str, Any]:
    """The fields of data that lacks some, or has them in another order."""
    if unknown := sorted(set(data) - set(table)):
        raise Refused(f"unknown field {unknown[0]!r}", "was it written by another version of metalctl?")
    values = {name: _in(f".{name}", field.decoder, data[name]) for name, field in table.items() if name in data}
    if missing := next((name for name, field in table.items() if field.required and name not in data), ""):
        raise Refused(f"field {missing!r} is missing")
    return values
