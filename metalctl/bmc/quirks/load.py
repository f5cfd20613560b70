"""Quirk files: strict, and every mistake with its line. Found on the content path (`quirks/*.yaml`) and in this folder.

A site's file of the same name replaces the shipped one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from metalctl.bmc.errors import QuirkErrors
from metalctl.bmc.quirks.settings import NAMES, check

PLACES = ("root", "system", "manager", "device")
LARGEST = 64 * 1024
_KEYS = ("about", "source", "when", "set")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    found: dict[str, Quirk] = {}
    problems: list[str] = []
    for folder in (shipped, *reversed(sites)):
        for file in sorted(folder.glob("*.yaml")):
            if quirk := _quirk(file, folder != shipped, problems):
                found[file.stem] = quirk
    if problems:
        raise QuirkErrors(tuple(problems))
    return found


def _quirk(file: Path, site: bool, problems: list[str]) -> Quirk | None:
    told = len(problems)
    values: dict[str, Any] = {}
    for key, node in _top(file, problems):
        if key not in _KEYS:
            problems.append(f"{_at(file, node)}: expected one of {', '.join(_KEYS)}, got {key!r}")
        elif key in ("about", "source"):
            values[key] = _text(file, node, key, problems)
        else:
            values[key] = (_when if key == "when" else _settings)(file, node, problems)
    if len(problems) == told:
        problems.extend(f"{file}:1: expected {key}, got nothing" for key in _KEYS if key not in values)
    return Quirk(file.stem, site=site, **values) if len(problems) == told else None


def _top(file: Path, problems: list[str]) -> Iterator[tuple[str, yaml.Node]]:
    try:
        if file.stat().st_size > LARGEST:
            problems.append(f"{file}: expected at most {LARGEST // 1024} KiB, got more")
            return
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file}: cannot be read: {error}")
        return
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(f"{file}:{mark.line + 1 if mark else 1}: expected YAML, got {getattr(error, 'problem', error)}")
        return
    yield from _pairs(file, node, problems)


def _pairs(file: Path, node: yaml.Node | None, problems: list[str]) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"{_at(file, node)}: expected a mapping, got something else")
        return
    seen = set()
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in seen:
            problems.append(f"{_at(file, key)}: {name!r} is there twice")
        seen.add(name)
        yield name, value


def _text(file: Path, node: yaml.Node, key: str, problems: list[str]) -> str:
    if isinstance(node, yaml.ScalarNode) and node.value.strip():
        return " ".join(node.value.split())
    problems.append(f"{_at(file, node)}: expected a text for {key}, got nothing of the kind")
    return ""


def _when(file: Path, node: yaml.Node, problems: list[str]) -> tuple[dict[str, re.Pattern[str]], ...]:
    alternatives = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not alternatives:
        problems.append(f"{_at(file, node)}: expected a condition, got none")
    return tuple(_alternative(file, one, problems) for one in alternatives)


def _alternative(file: Path, node: yaml.Node, problems: list[str]) -> dict[str, re.Pattern[str]]:
    found = {}
    for place, value in _pairs(file, node, problems):
        thing, _, rest = place.partition(".")
        if thing not in PLACES or not rest:
            problems.append(f"{_at(file, value)}: expected {'. or '.join(PLACES)}.PROPERTY, got {place!r}")
        try:
            found[place] = re.compile(value.value if isinstance(value, yaml.ScalarNode) else "[")
        except re.error as error:
            problems.append(f"{_at(file, value)}: expected a regular expression for {place}, got one with {error}")
    if not found and isinstance(node, yaml.MappingNode):
        problems.append(f"{_at(file, node)}: expected a condition, got none: it would hold for every BMC")
    return found


def _settings(file: Path, node: yaml.Node, problems: list[str]) -> dict[str, Any]:
    found = {}
    for name, value in _pairs(file, node, problems):
        if name not in NAMES:
            problems.append(f"{_at(file, value)}: there is no setting {name!r}; there are: {', '.join(NAMES)}")
            continue
        found[name], wrong = check(name, _value(value))
        if wrong:
            problems.append(f"{_at(file, value)}: {wrong}")
    if not found and isinstance(node, yaml.MappingNode):
        problems.append(f"{_at(file, node)}: expected a setting, got none: the quirk would change nothing")
    return found


def _value(node: yaml.Node) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError:
        return None
    finally:
        loader.dispose()


def _at(file: Path, node: yaml.Node | None) -> str:
    return f"{file}:{node.start_mark.line + 1 if node is not None else 1}"
