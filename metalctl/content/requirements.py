"""Requirements that a site adds to profiles: one YAML file each, `requirements/NAME.yaml` on the content path.

    about: GPUs of one model, seated in slots of full width
    parts: pcie                        # a list of the inventory; or `fact: kernel` for a single fact
    where: {kind: gpu, model: "*H100*"}  # which of the parts are meant; patterns, case does not count
    judged: link.width                 # what is judged of each of them; without it they are counted
    remedy: reseat the card, then replace the riser

A profile asks for it by its name: `requires: {site: {gpu-width: "16"}}`. A number is asked for as a range, a text as a
pattern or a list of patterns. The definition is pinned with the profile when a node is queued.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from metalctl.content import paths, yaml
from metalctl.content.errors import Problem
from metalctl.content.suggest import suggest
from metalctl.model.inventory import Inventory

FOLDER = "requirements"


@dataclass(frozen=True, slots=True)
class Definition:
    """One file. parts: dotted path of a list, or fact: of one value; number: whether what is judged is one."""

    name: str
    about: str
    parts: str = ""
    fact: str = ""
    where: dict[str, str] | None = None
    judged: str = ""
    remedy: str = ""
    number: bool = True


def names() -> list[str]:
    """Every requirement on the content path, sorted."""
    return sorted({file.stem for folder in paths.find_all(FOLDER) for file in folder.glob("*.yaml")})


def load(name: str, problems: list[Problem]) -> Definition | None:
    """The definition of that name; None where there is none, or where it has mistakes: they are in `problems` then."""
    found = [file for folder in paths.find_all(FOLDER) if (file := folder / f"{name}.yaml").is_file()]
    return read(found[0], problems) if found else None


def read(file: Path, problems: list[Problem]) -> Definition | None:
    """The definition in a file; None with mistakes."""
    before = len(problems)
    tree = yaml.mapping(file, "a requirement", problems)
    if tree is None:
        return None
    top = yaml.Reader(tree, "", problems)
    parts, fact = top.value("parts", yaml.word, ""), top.value("fact", yaml.word, "")
    if bool(parts) == bool(fact):
        hint = "parts: a list such as pcie; fact: one value such as kernel"
        top.wrong(tree.place, "expected either parts or fact", hint)
    of_part = _Kind(top, "parts", parts).of_list() if parts else Inventory
    kind = _Kind(top, "fact", fact).value(Inventory) if fact else float
    judged = top.value("judged", yaml.word, "")
    if judged and parts and of_part:
        kind = _Kind(top, "judged", judged).value(of_part)
    found = Definition(
        name=file.stem,
        about=" ".join(top.required("about", yaml.word, "").split()),
        parts=parts,
        fact=fact,
        where=_where(top.mapping("where"), of_part if parts else None),
        judged=judged,
        remedy=top.required("remedy", yaml.word, ""),
        number=kind in (int, float),
    )
    top.done()
    return found if len(problems) == before else None


def _where(r: yaml.Reader, part: Any) -> dict[str, str]:
    for key, node in r.node.items.items():
        if part and not _Kind(r, key, key, node.place).value(part):
            break
    return r.entries(yaml.word, "")


class _Kind:
    """The type of what a dotted path names, by the declarations of the inventory; notes what does not exist."""

    def __init__(self, reader: yaml.Reader, key: str, path: str, place: yaml.Place | None = None) -> None:
        self._reader, self._key, self._path = reader, key, path
        self._place = place or reader.place(key)

    def of_list(self) -> Any:
        """The type of the parts of a list."""
        found = self._step(Inventory)
        if typing.get_origin(found) is tuple and is_dataclass(typing.get_args(found)[0]):
            return typing.get_args(found)[0]
        return self._wrong("a list of the inventory, such as pcie or memory.dimms", []) if found else None

    def value(self, kind: Any) -> Any:
        """The type of a single value."""
        found = self._step(kind)
        if found in (str, int, float, bool):
            return found
        return self._wrong("a single value, such as link.width", []) if found else None

    def _step(self, kind: Any) -> Any:
        for name in self._path.split("."):
            known = {one.name for one in fields(kind)} if is_dataclass(kind) else set()
            if name not in known:
                return self._wrong("a fact of the inventory", sorted(known), name)
            kind = _bare(typing.get_type_hints(kind)[name])
        return kind

    def _wrong(self, expected: str, known: list[str], name: str = "") -> None:
        hint = suggest(name, known) if name else ""
        self._reader.wrong(self._place, f'{self._key}: expected {expected}, got "{self._path}"', hint)


def _bare(kind: Any) -> Any:
    """X of `X | None`."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind
