"""The part of a URL after `?`, as far as the simulator honours it: $expand with $levels, $top, $skip and only.

Everything else is ignored, as DSP0266 asks of parameters that a service does not know ($select and $filter are
answered with the whole).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPAND = re.compile(r"([.*~])(?:\(\$levels=(\d{1,2})\))?")


class BadQuery(Exception):
    """A parameter that is not well formed; the message says which."""


@dataclass(frozen=True, slots=True)
class Query:
    """expand: "." (subordinate), "~" (Links), "*" (both) or "". top: None is all."""

    expand: str = ""
    levels: int = 1
    skip: int = 0
    top: int | None = None
    only: bool = False


PLAIN = Query()


def parse_query(text: str) -> Query:
    """The query of a GET; raises BadQuery."""
    if not text:
        return PLAIN
    expand, levels, skip, top, only = "", 1, 0, None, False
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name == "$expand":
            found = _EXPAND.fullmatch(value)
            if not found:
                raise BadQuery(f"$expand={value}")
            expand, levels = found[1], int(found[2] or 1)
        elif name in ("$skip", "$top"):
            if not value.isdecimal():
                raise BadQuery(f"{name}={value}")
            skip, top = (int(value), top) if name == "$skip" else (skip, int(value))
        elif name == "only":
            only = True
    return Query(expand, levels, skip, top, only)
