"""docs/reference/plugins.md, made from the code: `python -m docs._plugins [--check]`.

What a site's own files can name: the arguments of a check, the settings of a quirk, the facts that a requirement may
compare. A test holds the page to the code.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from metalctl.bmc.quirks.settings import Quirks
from metalctl.cli._docs import code, escaped
from metalctl.model.inventory import Inventory
from metalctl.node import plugin

PAGE = Path(__file__).parent / "reference" / "plugins.md"
SINGLE = (str, int, float, bool)
_SETTING = re.compile(r"^    (\w+): .*?(?:  # (.*))?$")


def page() -> str:
    """The whole page."""
    listed, single = facts()
    return "\n".join(
        [
            "<!-- Made by `python -m docs._plugins`: edit the code instead. -->",
            "",
            "# What your own files can name",
            "",
            "For a [check](../howto/add-check.md), a [quirk](../howto/add-quirk.md) and a",
            "[requirement](../howto/add-requirement.md) of your site.",
            "",
            "## Arguments of a check",
            "",
            "A check gets what the arguments of its function name.",
            "",
            *_table(("argument", "what the check gets"), arguments()),
            "",
            "## Settings of a quirk",
            "",
            "The default is what a BMC that follows the standard needs.",
            "",
            *_table(("setting", "default", "meaning"), settings()),
            "",
            "## Facts of the inventory",
            "",
            "For `parts` of a requirement: the lists, and for `where` and `judged` the fields of each part. Numbers",
            "are in base units: bytes, bit/s, watts, seconds.",
            "",
            *_table(("list", "fields of each part"), listed),
            "",
            "For `fact`: " + ", ".join(f"`{name}`" for name in single) + ".",
            "",
        ]
    )


def arguments() -> list[tuple[str, str]]:
    """(names, meaning), from the table in the plugin's docstring."""
    lines = re.findall(r"^    (\S.*?)  +(\S.*)$", plugin.__doc__ or "", re.MULTILINE)
    return [(", ".join(f"`{n}`" if n != "…" else n for n in names.split(", ")), _cell(said)) for names, said in lines]


def settings() -> list[tuple[str, str, str]]:
    """(name, default, meaning), from the comments of the class."""
    source = re.sub(r"\(\s*\n\s*([^()]*)\n\s*\)", r"(\1)", inspect.getsource(Quirks))
    usual = Quirks()
    found = [m for line in source.splitlines() if (m := _SETTING.match(line)) and m[1] != "names"]
    return [(f"`{m[1]}`", code(json.dumps(getattr(usual, m[1]))), _cell(m[2])) for m in found]


def facts() -> tuple[list[tuple[str, str]], list[str]]:
    """(list, its fields), and the single facts of the machine; dotted paths."""
    listed, single = [], []
    for path, kind in _walk(Inventory):
        if kind in SINGLE:
            single.append(path)
        else:
            names = [inner for inner, what in _walk(kind) if what in SINGLE]
            listed.append((f"`{path}`", ", ".join(f"`{name}`" for name in names)))
    return listed, single


def _walk(kind: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """(path, type) of every single value and of every list of parts; the type of a list is that of its parts."""
    hints = get_type_hints(kind)
    for one in fields(kind):
        found = _bare(hints[one.name])
        path = f"{before}{one.name}"
        part = get_args(found)[0] if get_origin(found) is tuple else None
        if is_dataclass(part):
            yield path, part
        elif is_dataclass(found):
            yield from _walk(found, f"{path}.")
        elif found in SINGLE:
            yield path, found


def _bare(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return next(one for one in get_args(kind) if one is not type(None))
    return kind


def _cell(text: str | None) -> str:
    return escaped(" ".join((text or "").split()))


def _table(titles: tuple[str, ...], rows: list[Any]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def main(words: list[str]) -> int:
    """The program; see the module's docstring."""
    if "--check" in words:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
