"""The limits of one check: the profile's over the check's own defaults, strict about names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metalctl.node.errors import NodeError
from metalctl.node.plugin.decorator import REQUIRED, CheckInfo


class LimitError(NodeError):
    """A limit is missing, misspelt, or not of the kind that the check wants."""


class Limits:
    """Limits by attribute, base units. An optional limit that the profile does not give is None."""

    def __init__(self, name: str, info: CheckInfo, given: Mapping[str, float | str | bool], level: str) -> None:
        """Raises LimitError for a limit that the check does not know and for a required one that is not given."""
        defaults = info.at(level)
        if unknown := sorted(set(given) - set(info.limits)):
            raise LimitError(
                f"the check {name} knows no limit {unknown[0]!r}",
                hint=f"correct the profile; it knows: {', '.join(sorted(info.limits)) or 'none'}",
            )
        values: dict[str, Any] = {**defaults, **given}
        if absent := sorted(k for k, v in values.items() if v is REQUIRED):
            raise LimitError(f"the profile gives {name} no {absent[0]}", hint=f"add {absent[0]} under checks: {name}")
        for key, default in defaults.items():
            _same_kind(name, key, default, values[key])
        self._name = name
        self._values = values

    def __getattr__(self, key: str) -> Any:
        """The limit; a check that asks for one that it did not declare is itself wrong."""
        try:
            return self._values[key]
        except KeyError:
            raise LimitError(f"the check {self._name} does not declare {key!r}", hint="fix @check(limits=…)") from None


def _same_kind(name: str, key: str, default: object, value: object) -> None:
    """A number is wanted unless the default is a text or a yes/no."""
    wanted = type(default) if isinstance(default, (str, bool)) else None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    right = isinstance(value, wanted) if wanted else value is None or number
    if not right:
        kind = {str: "a text", bool: "true or false"}.get(wanted, "a number") if wanted else "a number"
        raise LimitError(f"{name}: {key} is {value!r}, which is not {kind}", hint="correct the profile")
