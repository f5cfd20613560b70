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

from metalctl.bmc.redfish.schema import status
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, finite, items, meaning, word
from metalctl.bmc.redfish.schema.values import mac as mac_of

R = TypeVar("R", bound="Schema")


class Schema:
    """An object of the tree."""

    __slots__ = ("json",)

    def __init__(self, json: Resource) -> None:
        self.json = json

    @property
    def path(self) -> str:
        """Its own address, "" when it does not state one."""
        own = self.json.get("@odata.id")
        return own if isinstance(own, str) else ""

    @property
    def state(self) -> str:
        """The word of its Status.State, folded ("enabled", "standbyspare"…), "" when not stated."""
        return status.state(self.json)

    @property
    def absent(self) -> bool:
        """Whether it stands for an empty socket, slot or bay."""
        return self.state == "absent"

    @property
    def unused(self) -> str:
        """What it says of itself that makes it no working part, in words; "" where it says nothing of the kind."""
        if (state := self.state) in status.UNUSED:
            return f"says that it is {status.UNUSED[state]}"
        return "has the health critical" if self.health == "critical" else ""

    @property
    def health(self) -> str:
        """ "ok", "warning", "critical", or "" when not stated; see status.health."""
        return status.health(self.json)

    @property
    def condition(self) -> str:
        """The same with what its state says of it: a part that is called healthy and is "disabled" is that."""
        health = self.health
        return health if health in ("warning", "critical") else status.UNUSED.get(self.state, health)

    @property
    def rollup(self) -> str:
        """The same over it and all its parts."""
        return status.rollup(self.json)

    def there(self, *facts: object) -> bool | None:
        """Whether it stands for a part: no for an empty slot; None where it states no state and none of the facts."""
        state = self.state
        return False if state == "absent" else True if state or any(facts) else None


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
