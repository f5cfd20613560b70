"""What is odd about some BMCs, as data: one YAML file a quirk in this folder, found by being there.

    about: Settings go to /SD, and only with an If-Match
    source: https://github.com/siderolabs/omni-infra-provider-bare-metal/pull/68
    when:                               # regular expressions, case-sensitive; all of them must match
      root.Oem.Acme: ""                 # matches when the property is there at all
    # when: [{…}, {…}]                  # or a list: one of these
    set: {boot_at: /SD, etag: required} # see settings.py for all there are

`when` looks at `root.` (service root), `system.` and `manager.` of Redfish, and `device.` (Get Device ID) of IPMI.
A quirk's support is how many conditions hold (0: it does not apply). Of several that apply the one with more support
wins, setting by setting; the others still give what it leaves open, and lists of parts (also.py) add up. A site adds
quirks, or replaces one by its name, in `quirks/` on the content path ($METALCTL_CONTENT, /etc/metalctl); at equal
support a site's quirk wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from metalctl.bmc.quirks.load import Quirk
from metalctl.bmc.quirks.load import catalogue as _load
from metalctl.bmc.quirks.load import read as read
from metalctl.bmc.quirks.settings import Quirks

__all__ = ["Quirk", "Quirks", "applying", "catalogue", "forget", "quirks_of", "read", "text_at"]

SHIPPED = Path(__file__).parent
_ABSENT = object()


def quirks_of(**facts: Mapping[str, Any]) -> Quirks:
    """The settings for a BMC, from its `root`, `system`, `manager` or `device` as JSON objects. Raises QuirkErrors."""
    settings: dict[str, Any] = {}
    names = []
    for quirk, _ in applying(**facts):
        # Lists of parts add up: each names another place to look.
        also = [*settings.get("also", []), *quirk.set.get("also", [])]
        settings |= quirk.set | ({"also": also} if also else {})
        names.append(quirk.name)
    return Quirks(**settings, names=tuple(names))


def applying(**facts: Mapping[str, Any]) -> list[tuple[Quirk, int]]:
    """The quirks that hold, each with its support, the most specific last."""
    path = _content_path()
    return list(_applying(path, tuple((place, text_at(facts, place)) for place in _places(path))))


@lru_cache(maxsize=1024)  # a rack has few kinds of machines
def _applying(path: str, told: tuple[tuple[str, str | None], ...]) -> tuple[tuple[Quirk, int], ...]:
    texts = dict(told)
    found = [(quirk, _support(quirk, texts)) for quirk in _read(path).values()]
    return tuple(sorted(((q, n) for q, n in found if n), key=lambda pair: (pair[1], pair[0].site, pair[0].name)))


@cache
def _places(path: str) -> tuple[str, ...]:
    """Every place that a condition looks at."""
    return tuple(dict.fromkeys(place for quirk in _read(path).values() for one in quirk.when for place in one))


def _support(quirk: Quirk, texts: Mapping[str, str | None]) -> int:
    """How many conditions hold, of the alternative that has most of them; 0 when none holds as a whole."""
    held = (len(one) for one in quirk.when if all(_holds(texts[place], p) for place, p in one.items()))
    return max(held, default=0)


def _holds(text: str | None, pattern: Any) -> bool:
    return text is not None and pattern.search(text) is not None


def text_at(facts: Mapping[str, Mapping[str, Any]], place: str) -> str | None:
    """What stands at a dotted place, as text; None when nothing does."""
    value: Any = facts
    for name in place.split("."):
        value = value.get(name, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    if value is _ABSENT or value is None:
        return None
    return json.dumps(value, default=str) if isinstance(value, (dict, list)) else str(value)


def catalogue() -> dict[str, Quirk]:
    """Name → quirk, shipped and of the site; read once a process. Raises QuirkErrors with every mistake."""
    return _read(_content_path())


def _content_path() -> str:
    from metalctl.content.paths import VARIABLE

    return os.environ.get(VARIABLE, "")


@cache
def _read(_: str) -> dict[str, Quirk]:
    """The same for one content path: a sweep asks for each BMC, and would look on disk each time."""
    from metalctl.content.paths import roots, shipped

    # The top of a checkout is a content root too: only folders that a site made count.
    return _load(SHIPPED, [folder for root in roots() if root != shipped() and (folder := root / "quirks").is_dir()])


def forget() -> None:
    """Read the files again at the next use."""
    for one in (_read, _applying, _places):
        one.cache_clear()
