"""What one reading could not read, fact by fact, each part with its address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import lacking, path_of
from metalctl.bmc.redfish.schema.values import child
from metalctl.model.inventory import Unreadable

Facts = str | tuple[str, ...]
# Of one list: more are only counted.
MOST_TOLD = 64
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Note:
    """Why something cannot be read. address: of the part or list that is promised there, "" for the fact as a whole."""

    why: str
    address: str = ""


@dataclass(slots=True, kw_only=True)
class Notes:
    """notes: fact → why it is not (fully) known. sources: fact → where it was read. seen: what was listed, by kind."""

    notes: dict[str, list[Note]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    seen: dict[str, list[Resource]] = field(default_factory=dict)
    _doubts: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Whose notes these are, for people."""
        return ""

    def saw(self, kind: str, resources: Iterable[Resource]) -> None:
        """Parts of that kind, or links to them, that a list has; see unlisted.py."""
        self.seen.setdefault(kind, []).extend(resources)

    def note(self, facts: Facts, why: str, address: str = "") -> None:
        """A fact, or several, cannot be told (fully). address: of what is promised there."""
        for fact in (facts,) if isinstance(facts, str) else facts:
            reasons = self.notes.setdefault(fact, [])
            if (one := Note(why, address)) not in reasons:
                reasons.append(one)

    def doubt(self, facts: Facts, why: str, address: str = "") -> None:
        """The same for what was read and cannot be believed; "" stands for no doubt."""
        if why:
            self.note(facts, why, address)
            self._doubts.add(why)

    def doubts(self, told: Iterable[tuple[str, ...]]) -> None:
        """Each (fact, why) or (fact, why, address); see `doubt`."""
        for one in told:
            self.doubt(*one)

    def settled(self) -> bool:
        """Whether all was read, so that another reading would tell no more: what is lacking is what the BMC states."""
        return all(one.why in self._doubts for listed in self.notes.values() for one in listed)

    def whole(self, facts: Facts, resource: Resource, *names: str) -> None:
        """Note the list properties of the resource that are shorter than it says itself."""
        for name in names:
            *way, last = name.split(".")
            if short := lacking(child(resource, *way), last):
                where = path_of(resource)
                self.note(facts, f"{self.name}: {where} counts {short} more of {last} than it lists", where)

    def came_from(self, fact: str, *wheres: Resource | str) -> None:
        """Where a fact is read, for those who want to look themselves."""
        paths = [where if isinstance(where, str) else path_of(where) for where in wheres]
        short = [path.partition("?")[0].removeprefix("/redfish/v1/").rstrip("/")[:200] for path in paths if path]
        if short:
            self.sources[fact] = "redfish " + ", ".join(dict.fromkeys(short))


def unreadable(notes: Mapping[str, Iterable[Note]]) -> Iterator[Unreadable]:
    """The notes as an inventory has them: one a part, and one for what is said of a fact as a whole."""
    for fact, listed in sorted(notes.items()):
        every = list(listed)
        if whole := [one.why for one in every if not one.address]:
            yield Unreadable(fact, _said(whole))
        parts = [one for one in every if one.address]
        for one in parts[:MOST_TOLD]:
            yield Unreadable(fact, one.why if one.address in one.why else f"{one.address}: {one.why}", one.address)
        if len(parts) > MOST_TOLD:
            yield Unreadable(fact, f"{len(parts) - MOST_TOLD} more could not be read")


def _said(reasons: list[str]) -> str:
    """The first reasons: a hundred that are alike are told by three of them."""
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    return "; ".join(reasons[:_REASONS]) + more
