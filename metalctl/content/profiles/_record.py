"""The JSON Schema of profiles, for editors: a reader that records what it is asked for instead of reading.

Every key may also be `~` in a profile that extends another (it takes the inherited key away), and nothing is required
there: what is missing may be inherited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from metalctl.content.profiles._schema import read_profile
from metalctl.content.yaml import JsonSchema, Mapping, Node, Place, Reader, Value

T = TypeVar("T")
_NULL = {"type": "null"}
_WRAPPED: dict[str, Callable[[JsonSchema], JsonSchema]] = {
    "mapping": lambda inner: inner,
    "list": lambda inner: {"type": "array", "items": inner},
    "table": lambda inner: {"type": "object", "additionalProperties": _nullable(inner)},
}


def json_schema() -> JsonSchema:
    """The schema as JSON values."""
    top = Recorder()
    read_profile(top, "", "")
    root = top.schema()
    root["properties"] |= {"name": {"type": "string"}, "extends": {"type": "string"}}
    root["properties"]["install"]["anyOf"][0]["properties"]["root_disk"] = {
        "anyOf": [{"type": "string"}, {"type": "object", "properties": {"role": {"type": "string"}}}]
    }
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "metalctl hardware profile"}
    return about | root


class Recorder(Reader):
    """A reader of nothing, which remembers the schema of every key."""

    def __init__(self) -> None:
        super().__init__(Mapping(Place("")), "", [])
        self.properties: dict[str, JsonSchema] = {}
        self.others: JsonSchema | bool = False
        self.inner: list[tuple[str, Recorder, str]] = []

    def schema(self) -> JsonSchema:
        """What was recorded."""
        for key, recorder, how in self.inner:
            self.properties[key] = _nullable(_WRAPPED[how](recorder.schema()))
        return {"type": "object", "properties": self.properties, "additionalProperties": self.others}

    def note(self, node: Node, key: str, expected: str, hint: str = "", got: str = "") -> None:
        """Nothing is wrong with nothing."""

    def value(self, key: str, read: Callable[[str], T], default: T) -> T:
        """Records a single value."""
        self.properties[key] = _nullable(_schema(read))
        return default

    def required(self, key: str, read: Callable[[str], T], default: T) -> T:
        """As `value`: what is required may be inherited."""
        return self.value(key, read, default)

    def words(self, key: str, read: Callable[[str], T], single: bool = False) -> tuple[T, ...]:
        """Records a list, and the single value that may stand for it."""
        many: JsonSchema = {"type": "array", "items": _schema(read), "uniqueItems": True}
        self.properties[key] = _nullable({"anyOf": [_schema(read), many]} if single else many)
        return ()

    def mapping(self, key: str) -> Reader:
        """Records what will be asked of the mapping."""
        return self._inner(key, "mapping")

    def mappings(self, key: str, needed: bool = False) -> list[Reader]:
        """Records what will be asked of each item; a second question about the same list is about the same items."""
        known = next((recorder for name, recorder, _ in self.inner if name == key), None)
        return [known or self._inner(key, "list")]

    def tables(self, key: str) -> dict[str, Reader]:
        """Records what will be asked of each mapping in the mapping."""
        return {"": self._inner(key, "table")}

    def entries(self, read: Callable[[str], T], default: T) -> dict[str, T]:
        """Records that names are the writer's choice."""
        self.others = _nullable(_schema(read))
        return {}

    def word_entries(self, read: Callable[[str], T]) -> dict[str, tuple[T, ...]]:
        """The same for values or lists of values."""
        one = _schema(read)
        self.others = _nullable({"anyOf": [one, {"type": "array", "items": one}]})
        return {}

    def free(self, schema: dict[str, Any]) -> Mapping:
        """Records that names are the writer's choice."""
        self.others = _nullable(schema)
        return self.node

    def over(self, below: Reader, home: str) -> Reader:
        """What is laid over has the shape of what lies below."""
        return self

    def done(self) -> None:
        """Nothing is left over of nothing."""

    def _inner(self, key: str, how: str) -> Recorder:
        recorder = Recorder()
        self.inner.append((key, recorder, how))
        return recorder


def _schema(read: Callable[[str], Any]) -> JsonSchema:
    return dict(read.schema) if isinstance(read, Value) else {}


def _nullable(schema: JsonSchema) -> JsonSchema:
    return {"anyOf": [schema, _NULL]}
