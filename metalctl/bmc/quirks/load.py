"""Quirk files: strict, every mistake with its place. Found on the content path (`quirks/*.yaml`) and in this folder.

A site's file of the same name replaces the shipped one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalctl.bmc.errors import QuirkErrors
from metalctl.bmc.quirks.settings import NAMES, READERS
from metalctl.content import yaml

PLACES = ("root", "system", "manager", "device")


@dataclass(frozen=True, slots=True)
class Quirk:
    """when: alternatives, each place → pattern; set: the settings; site: not shipped with metalctl."""

    name: str
    about: str
    source: str
    when: tuple[dict[str, re.Pattern[str]], ...]
    set: dict[str, Any]
    site: bool = False


def catalogue(shipped: Path, sites: list[Path]) -> dict[str, Quirk]:
    """Name → quirk, of the shipped folder and the site's ones (the first of those wins). Raises QuirkErrors."""
    problems: list[yaml.Problem] = []
    found = {
        file.stem: quirk
        for folder in (shipped, *reversed(sites))
        for file in sorted(folder.glob("*.yaml"))
        if (quirk := _quirk(file, folder != shipped, problems))
    }
    if problems:
        raise QuirkErrors(problems, hint="correct these lines; see metalctl/bmc/quirks")
    return found


def read(file: Path) -> Quirk:
    """One quirk of a site, wherever its file is. Raises QuirkErrors with every mistake."""
    problems: list[yaml.Problem] = []
    quirk = _quirk(file, True, problems)
    if quirk is None or problems:
        raise QuirkErrors(problems, hint="correct these lines, then check again")
    return quirk


def _quirk(file: Path, site: bool, problems: list[yaml.Problem]) -> Quirk | None:
    tree = yaml.mapping(file, "a quirk", problems, yaml.Limits(anchors=True))
    if tree is None:
        return None
    top = yaml.Reader(tree, "", problems)
    about, source = (" ".join(top.required(key, yaml.word, "").split()) for key in ("about", "source"))
    if missing := [key for key in ("when", "set") if key not in tree.items]:
        top.wrong(tree.place, f"{' and '.join(missing)}: missing")
        return None
    quirk = Quirk(file.stem, about, source, _when(top), _settings(top.mapping("set")), site)
    top.done()
    return quirk


def _when(top: yaml.Reader) -> tuple[dict[str, re.Pattern[str]], ...]:
    """One mapping of conditions, or a list of them."""
    node = top.node.items.get("when")
    several = isinstance(node, yaml.Sequence)
    return tuple(map(_alternative, top.mappings("when", needed=True) if several else [top.mapping("when")]))


def _alternative(r: yaml.Reader) -> dict[str, re.Pattern[str]]:
    for place, at in r.node.keys.items():
        thing, _, rest = place.partition(".")
        if thing not in PLACES or not rest:
            r.wrong(at, f"{r.path}: expected {'. or '.join(PLACES)}.PROPERTY, got {yaml.short(place)}")
    if not r.node.items:
        r.wrong(r.node.place, f"{r.path}: expected a condition, got none: it would hold for every BMC")
    return r.entries(yaml.regex, re.compile(""))


def _settings(r: yaml.Reader) -> dict[str, Any]:
    if not r.node.items:
        r.wrong(r.node.place, "expected a setting, got none: the quirk would change nothing")
    found = {name: read(r, name) for name, read in READERS.items() if name in r.node.items}
    r.known += NAMES
    r.done()
    return found
