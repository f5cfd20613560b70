"""What both decoders of the codec share: single values, the hints of a class, and the error."""

from __future__ import annotations

import typing
from enum import Enum
from functools import cache
from typing import Any

from metalctl.model.errors import MetalctlError

# No fact of ours is larger; arithmetic with a float would overflow.
LARGEST = 2**63


class DecodeError(MetalctlError):
    """JSON that does not have the shape of the dataclass."""


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """The types of the fields of a dataclass."""
    return typing.get_type_hints(kind)


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
