"""Reading one mapping of the tree strictly: every key is known, every value has its type, every mistake is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from metalctl.content.errors import Place, Problem
from metalctl.content.suggest import suggest
from metalctl.content.yaml._merge import merge
from metalctl.content.yaml._tree import Mapping, Node, Scalar, Sequence, describe, short
from metalctl.content.yaml._values import Mismatch

T = TypeVar("T")


class Reader:
    """Takes keys out of one mapping. `path` is dotted ("requires.cpu"); after the last key call `done()`."""

    def __init__(self, node: Mapping, path: str, problems: list[Problem]) -> None:
        self.node = node
        self.path = path
        self.problems = problems
        self.known: list[str] = []

    def dotted(self, key: str) -> str:
        """The key with the path before it."""
        return f"{self.path}.{key}" if self.path else key

    def note(self, node: Node, key: str, expected: str, hint: str = "", got: str = "") -> None:
        """Adds one mistake about the value of `key`."""
        self.wrong(node.place, f"{self.dotted(key)}: expected {expected}, got {got or describe(node)}", hint)

    def wrong(self, place: Place, message: str, hint: str = "") -> None:
        """Adds one mistake in words of the caller's."""
        self.problems.append(Problem(place, message, hint))

    def place(self, key: str) -> Place:
        """Where the value of the key stands; where it is absent, the mapping."""
        return self.node.items.get(key, self.node).place

    def get(self, key: str) -> Node | None:
        """The raw value; the key counts as known from now on."""
        self.known.append(key)
        return self.node.items.get(key)

    def value(self, key: str, read: Callable[[str], T], default: T) -> T:
        """A single value, or the default where it is absent or wrong (then the mistake is noted)."""
        node = self.get(key)
        return default if node is None else self.scalar(node, key, read, default)

    def scalar(self, node: Node, key: str, read: Callable[[str], T], default: T) -> T:
        """The same for a node already in hand."""
        try:
            if not isinstance(node, Scalar) or node.is_null:
                read("")
                raise Mismatch("a single value")
            return read(node.text)
        except Mismatch as wrong:
            self.note(node, key, wrong.expected, wrong.hint, "something else" if wrong.secret else "")
            return default

    def required(self, key: str, read: Callable[[str], T], default: T) -> T:
        """As `value`, but its absence is a mistake."""
        if key not in self.node.items:
            self.wrong(self.node.place, f"{self.path}: {key} is missing" if self.path else f"{key} is missing")
        return self.value(key, read, default)

    def words(self, key: str, read: Callable[[str], T], single: bool = False) -> tuple[T, ...]:
        """A list of single values without repetition; with `single`, one value may stand without brackets."""
        node = self.get(key)
        if node is None:
            return ()
        if single and isinstance(node, Scalar) and not node.is_null:
            node = Sequence(node.place, [node])
        if not isinstance(node, Sequence):
            self.note(node, key, "a list such as [a, b]")
            return ()
        found: list[T] = []
        for item in node.items:
            before = len(self.problems)
            value: T | None = self.scalar(item, key, read, None)
            if value is None or len(self.problems) > before:
                continue
            if value in found:
                self.note(item, key, "each once", got=f"{describe(item)} again")
            found.append(value)
        return tuple(found)

    def mapping(self, key: str) -> Reader:
        """A reader of the mapping under `key`; of an empty one where it is absent or wrong."""
        node = self.get(key)
        if node is not None and not isinstance(node, Mapping):
            self.note(node, key, "keys and values")
        usable = node if isinstance(node, Mapping) else Mapping(self.node.place)
        return Reader(usable, self.dotted(key), self.problems)

    def mappings(self, key: str, needed: bool = False) -> list[Reader]:
        """Readers of the items of the list under `key`; needed: there must be one at least."""
        node = self.get(key)
        if node is None or not isinstance(node, Sequence):
            if node is not None or needed:
                got = "nothing" if node is None else ""
                self.note(node or self.node, key, "a list, each item starting with “- ”", got=got)
            return []
        if needed and not node.items:
            self.note(node, key, "a list of one item at least", got="none")
        readers = []
        for index, item in enumerate(node.items):
            if isinstance(item, Mapping):
                readers.append(Reader(item, f"{self.dotted(key)}[{index}]", self.problems))
            else:
                self.note(item, f"{key}[{index}]", "keys and values")
        return readers

    def tables(self, key: str) -> dict[str, Reader]:
        """Readers of the mappings under `key`, by names of the writer's choice."""
        inner = self.mapping(key)
        return {name: inner.mapping(name) for name in inner.node.items}

    def entries(self, read: Callable[[str], T], default: T) -> dict[str, T]:
        """Every single value of this mapping, by names of the writer's choice."""
        return {name: self.value(name, read, default) for name in self.node.items}

    def word_entries(self, read: Callable[[str], T]) -> dict[str, tuple[T, ...]]:
        """Every value or list of values of this mapping, by names of the writer's choice."""
        return {name: self.words(name, read, single=True) for name in self.node.items}

    def free(self, schema: dict[str, object]) -> Mapping:
        """The mapping itself, for who reads it by rules of his own; schema: of each of its values."""
        return self.node

    def over(self, below: Reader, home: str) -> Reader:
        """A reader of this mapping laid over another one, as a child is over what it extends.

        home: the file that is read. What another file takes away here may well be gone already: no mistake.
        """
        own = self.problems if self.node.place.file == home else []
        return Reader(merge(below.node, self.node, own), below.path, self.problems)

    def done(self) -> None:
        """Notes every key that nobody asked for."""
        for key in self.node.items:
            if key not in self.known:
                where = f"{self.path}: " if self.path else ""
                self.wrong(self.node.keys[key], f"{where}no key is called {short(key)}", suggest(key, self.known))

    def unique(self, key: str, what: str, names: Iterable[object]) -> None:
        """Notes names that the mappings of a list give twice; "" and None are none."""
        first: dict[object, int] = {}
        for item, name in zip(self.mappings(key), names, strict=False):
            place = item.place(what)
            if name and name in first:
                said = f"expected each once, got {short(str(name))} again (first in line {first[name]})"
                self.wrong(place, f"{self.dotted(key)}.{what}: {said}")
            first.setdefault(name, place.line)
