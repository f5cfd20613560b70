"""Declared wire models: a Redfish object whose properties are named once, with where they stand in the JSON.

    class Processor(Schema):
        cores = Whole("TotalCores")
        vendor = Text("ProcessorId.VendorId", "Manufacturer")   # the first that says something

    Processor({"TotalCores": "8"}).cores == 8

Reading is tolerant: numbers and flags may be strings, blanks and "N/A" are nothing, a property of another type is not
stated. A field is read when it is asked for, so that nobody pays for what nobody wants. A dot leads into a nested
object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.status import Stated
from metalctl.bmc.redfish.schema.values import child, finite, items, meaning, word
from metalctl.bmc.redfish.schema.values import mac as mac_of

R = TypeVar("R", bound="Schema")


class Schema(Stated):
    """An object of the tree."""

    __slots__ = ()

    @property
    def path(self) -> str:
        """Its own address, "" when it does not state one."""
        own = self.json.get("@odata.id")
        return own if isinstance(own, str) else ""


class _Field:
    """The first of its names that says something. Thousands are read a machine: no generators, no detours."""

    nothing: Any = None

    def __init__(self, *names: str) -> None:
        self._ways = tuple((tuple(path), last) for *path, last in (name.split(".") for name in names))

    def __get__(self, record: Schema, owner: type) -> Any:
        json = record.json
        for path, last in self._ways:
            value = (child(json, *path) if path else json).get(last)
            if value is not None and (found := self.take(value)) is not None:
                return found
        return self.nothing

    take: Callable[[Any], Any]
    """What a value says, None when it says nothing: each kind of field has its own."""


class Text(_Field):
    """A string without blanks around, "" when nothing is stated."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self._meanings = tuple((path, last, meaning(last)) for path, last in self._ways)

    def __get__(self, record: Schema, owner: type) -> str:
        # As above, without its last detour: most of what is read is text.
        json = record.json
        for path, last, means in self._meanings:
            value = (child(json, *path) if path else json).get(last)
            if isinstance(value, str) and (found := means(value)):
                return found
        return ""


class Word(Text):
    """A word of an enumeration, folded (see values.word), "" when nothing is stated."""

    def __get__(self, record: Schema, owner: type) -> str:
        return word(super().__get__(record, owner))


class Number(_Field):
    """A finite number, None when nothing is stated."""

    take = staticmethod(finite)
    if TYPE_CHECKING:

        def __get__(self, record: Schema, owner: type) -> float | None: ...


class Whole(_Field):
    """A whole number, None when nothing is stated."""

    if TYPE_CHECKING:

        def __get__(self, record: Schema, owner: type) -> int | None: ...

    @staticmethod
    def take(value: Any) -> int | None:
        """See above; halves are rounded."""
        found = finite(value)
        return None if found is None else round(found)


_FLAGS = dict.fromkeys(("true", "yes", "1", "on", "enabled"), True)
_FLAGS |= dict.fromkeys(("false", "no", "0", "off", "disabled"), False)


class Flag(_Field):
    """True or False, None when nothing is stated."""

    if TYPE_CHECKING:

        def __get__(self, record: Schema, owner: type) -> bool | None: ...

    @staticmethod
    def take(value: Any) -> bool | None:
        return value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())


class Mac(_Field):
    """A MAC address in lower case with colons, "" when none is stated."""

    nothing = ""
    if TYPE_CHECKING:

        def __get__(self, record: Schema, owner: type) -> str: ...

    @staticmethod
    def take(value: Any) -> str | None:
        return mac_of(value) or None


class Values(_Field):
    """A list property as it stands, () when there is none."""

    nothing = ()
    if TYPE_CHECKING:

        def __get__(self, record: Schema, owner: type) -> tuple[Any, ...]: ...

    @staticmethod
    def take(value: Any) -> tuple[Any, ...] | None:
        return tuple(value) if isinstance(value, list) else None


class Ref(_Field):
    """The object that a property holds: a link, or the resource itself where the BMC expanded it; {} when none.

    A list in its place is the object that is alone in it; several are the members of the list that it should lead to.
    """

    def __get__(self, record: Schema, owner: type) -> Resource:
        json = record.json
        for path, last in self._ways:
            value = (child(json, *path) if path else json).get(last)
            if isinstance(value, list):
                value = {"Members": value} if len(value) > 1 else next(iter(value), None)
            if isinstance(value, dict) and value:
                return value
        return {}


class Refs(_Field):
    """The objects of a list property: links, or resources; the object itself where there is no list around it."""

    def __get__(self, record: Schema, owner: type) -> list[Resource]:
        for path, last in self._ways:
            if found := items(child(record.json, *path), last):
                return found
        return []


class Many(Generic[R]):
    """A list of nested objects, each as `kind`."""

    def __init__(self, name: str, kind: type[R]) -> None:
        *self._path, self._last = name.split(".")
        self._kind = kind

    def __get__(self, record: Schema, owner: type) -> list[R]:
        return [self._kind(one) for one in items(child(record.json, *self._path), self._last)]


class Part(Schema):
    """What nearly every resource of a part states of itself."""

    id = Text("Id")
    name = Text("Name")
    model = Text("Model")
    manufacturer = Text("Manufacturer")
    serial = Text("SerialNumber")
    part_number = Text("PartNumber")
    firmware = Text("FirmwareVersion")
