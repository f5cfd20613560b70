"""Dataclasses of this room to JSON values and back, with the standard library only: it runs on the node too.

`decode` is strict: an unknown field, a missing field without default, a value of the wrong type or an integer of more
than 64 bits is a `DecodeError` that names the path. Tuples are lists in JSON, enums their values.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from enum import Enum
from typing import Any, TypeVar

from metalctl.model._decoders import Refused, compiled
from metalctl.model.errors import MetalctlError

__all__ = ["DecodeError", "decode", "encode"]

T = TypeVar("T")
_PLAIN = frozenset({str, int, float, bool, types.NoneType})


class DecodeError(MetalctlError):
    """JSON that does not have the shape of the dataclass."""


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
    except Refused as refused:
        raise DecodeError(f"{path or kind.__name__}{refused.where}: {refused.said}", hint=refused.hint) from None
