"""Reads resources and collections of one BMC for an inventory. What cannot be read costs a note, never the rest.

A resource that the BMC does not have (no link, 404, 501) is simply not stated. A list that could be read only in part
is kept, and the note says so. A link whose resource came along expanded is not asked for again.

Collections are asked with $expand where the BMC advertises it. Members that come back as bare links say that it does
not honour it: that is remembered for this kind of collection (and for the whole BMC once it has happened twice), and
the members are asked one by one. Pages are followed within bounds; a circle of them is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from metalctl.bmc.errors import BadAnswer, BmcError, Missing, Refused, Unreachable
from metalctl.bmc.redfish.body import FIRMWARE, Resource
from metalctl.bmc.redfish.expand import Expand
from metalctl.bmc.redfish.http import Client
from metalctl.bmc.redfish.links import Witness, digest, is_resource, is_whole, next_link, path_of

MOST_MEMBERS = 1024
MOST_PAGES = 32
MOST_REQUESTS = 1500
GIVEN_UP_AFTER = 3

Facts = str | tuple[str, ...]
T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, side by side. One alone needs no task of its own; a chassis or a controller often is alone."""
    every = list(works)
    return [await every[0]] if len(every) == 1 else await asyncio.gather(*every)


@dataclass(slots=True)
class Reader:
    """One reading of one BMC. notes: fact → reasons it is not (fully) known. refusals: how it led astray.

    sources: fact → where it was read. witnesses: by name, what tells later that nothing has changed.
    """

    client: Client
    expand: Expand
    notes: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[Refused] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    _doubts: set[str] = field(default_factory=set)
    _silences: int = 0
    _begun: int = 0

    def __post_init__(self) -> None:
        self._begun = self.client.transport.requests
        self.client.gate = self._gate

    def note(self, facts: Facts, why: str) -> None:
        """A fact, or several, cannot be told (fully)."""
        for fact in (facts,) if isinstance(facts, str) else facts:
            reasons = self.notes.setdefault(fact, [])
            if why not in reasons:
                reasons.append(why)

    def doubt(self, facts: Facts, *whys: str) -> None:
        """The same for what was read and cannot be believed; "" stands for no doubt."""
        for why in filter(None, whys):
            self.note(facts, why)
            self._doubts.add(why)

    def settled(self) -> bool:
        """Whether all was read, so that another reading would tell no more: what is lacking is what the BMC states."""
        return all(why in self._doubts for whys in self.notes.values() for why in whys)

    async def one(self, facts: Facts, where: Resource | str, witness: str = "") -> Resource:
        """The resource, {} when there is none or it cannot be read."""
        found, why = await self.attempt(where, witness)
        if why:
            self.note(facts, why)
        return found

    async def attempt(self, where: Resource | str, witness: str = "") -> tuple[Resource, str]:
        """The resource, and why it cannot be read, which is left to the caller to note: there may be another way."""
        if isinstance(where, dict) and is_whole(where):
            return where, ""
        path = where if isinstance(where, str) else path_of(where)
        if not path:
            return {}, ""
        try:
            found = await self._get(path, 1.0, witness)
        except Missing:
            return {}, ""
        except BmcError as error:
            return {}, self._failed(error)
        return found, ""

    async def every(self, facts: Facts, wheres: Iterable[Resource | str]) -> list[Resource]:
        """The resources that can be read, side by side."""
        listed = list(wheres)
        links = [where for where in listed if isinstance(where, str) or not is_whole(where)]
        if not links:
            return [where for where in listed if isinstance(where, dict)]
        asked = iter(await together(self.one(facts, where) for where in links))
        found = [where if isinstance(where, dict) and is_whole(where) else next(asked) for where in listed]
        return [resource for resource in found if resource]

    async def members(
        self, facts: Facts, where: Resource, patience: float = 1.0, most: int | None = None, witness: str = ""
    ) -> list[Resource]:
        """The members of the collection that `where` links to (or is), as far as they can be read.

        witness: name under which the collection may tell later that nothing has changed.
        """
        listed = await self.listed(facts, where, patience, most, witness)
        if witness and witness not in self.witnesses and len(listed) == 1:
            return [one for one in [await self.one(facts, listed[0], witness)] if one]
        return await self.every(facts, listed)

    async def listed(
        self, facts: Facts, where: Resource, patience: float = 1.0, most: int | None = None, witness: str = ""
    ) -> list[Resource]:
        """The same as they are listed: links, or whole resources where the BMC puts them into the list."""
        path, inside = path_of(where), where.get("Members")
        if isinstance(inside, list) and (not path or len(inside) < 2 or all(map(is_resource, inside))):
            # Nothing is won by asking for the collection: it came along, and is empty, short or whole.
            return self._distinct(facts, path, inside)
        if not path:
            return []
        entries: dict[str, Resource] = {}
        try:
            await self._pages(facts, path, patience, most, witness, entries)
        except Missing:
            return []
        except BmcError as error:
            self.note(facts, self._failed(error))
        return list(entries.values())[: most or MOST_MEMBERS]

    async def _pages(
        self, facts: Facts, path: str, patience: float, most: int | None, witness: str, entries: dict[str, Resource]
    ) -> None:
        """Add the members by their address, page by page; what was added before an error stays."""
        page = await self._first_page(path, patience, witness)
        seen, here = {path}, path
        for _ in range(MOST_PAGES):
            for member in self._distinct(facts, here, page.get("Members")):
                entries.setdefault(path_of(member) or f"{here} {len(entries)}", member)
            following = next_link(page)
            if not following or len(entries) >= (most or MOST_MEMBERS):
                break
            if following in seen:
                raise self._refused(path, "pages that come to an end", f"{following[:80]} again")
            seen.add(following)
            here, page = following, await self._get(following, patience)
        else:
            raise self._refused(path, f"at most {MOST_PAGES} pages", "more")
        if most is None and len(entries) > MOST_MEMBERS:
            raise self._refused(path, f"at most {MOST_MEMBERS} members", str(len(entries)))

    async def _first_page(self, path: str, patience: float, witness: str) -> Resource:
        if target := self.expand.target(path):
            try:
                page = await self._get(target, patience, witness)
            except (Missing, BadAnswer) as error:
                if isinstance(error, Refused) or error.fields.get("status") == 404:
                    raise
                self.expand.lied(path)  # refused, or too much for it: without, it may do
            else:
                if members := page.get("Members"):
                    self.expand.saw(path, members)
                return page
        return await self._get(path, patience, witness)

    def _distinct(self, facts: Facts, path: str, members: object) -> list[Resource]:
        """The members, each address once; the note names a list that is none."""
        if not isinstance(members, list):
            self.note(facts, f"{self.client.endpoint}: {path} is no collection")
            return []
        found: dict[str, Resource] = {}
        for i, member in enumerate(members[: MOST_MEMBERS + 1]):
            if isinstance(member, dict):
                found.setdefault(path_of(member) or str(i), member)
        return list(found.values())

    async def _get(self, path: str, patience: float, witness: str = "") -> Resource:
        try:
            answer = await self.client.get_answer(path, patience=patience)
        except Unreachable:
            self._silences += 1  # by one that was not asked for that reason, too: it does not matter any more
            raise
        self._silences = 0
        if witness:
            self.witnesses[witness] = Witness(path, answer.headers.get("ETag", "")[:256], digest(answer.body))
        return self.client.decoded(path, answer)

    def _gate(self, path: str) -> None:
        """Whether to go on at all is asked when it is a request's turn: hundreds may have been waiting for that."""
        if self._silences >= GIVEN_UP_AFTER:
            name = str(self.client.endpoint)
            raise Unreachable(f"{name} was silent {GIVEN_UP_AFTER} times running: it was not asked for more", bmc=name)
        if self.client.transport.requests - self._begun >= MOST_REQUESTS:
            raise self._refused("/redfish/v1/", f"at most {MOST_REQUESTS} resources of interest", "more")

    async def expanded(self, path: str, witness: str = "") -> Resource:
        """The resource with what hangs on it, if the BMC can do that, else without. Raises as Client.get."""
        if target := self.expand.target(path):
            try:
                found = await self._get(target, 1.0, witness)
            except (Missing, BadAnswer) as error:
                if isinstance(error, Refused):
                    raise
                self.expand.lied(path)
            else:
                return found
        return await self._get(path, 1.0, witness)

    def _failed(self, error: BmcError) -> str:
        if isinstance(error, Refused) and all(error.message != known.message for known in self.refusals):
            self.refusals.append(error)
        return error.message

    def came_from(self, fact: str, *wheres: Resource | str) -> None:
        """Where a fact is read, for those who want to look themselves."""
        paths = [where if isinstance(where, str) else path_of(where) for where in wheres]
        short = [path.partition("?")[0].removeprefix("/redfish/v1/").rstrip("/")[:200] for path in paths if path]
        if short:
            self.sources[fact] = "redfish " + ", ".join(dict.fromkeys(short))

    def _refused(self, path: str, expected: str, got: str) -> Refused:
        name = str(self.client.endpoint)
        return Refused(
            f"{name}: {path} should have {expected}, but has {got}",
            hint=FIRMWARE,
            bmc=name,
            path=path,
            expected=expected,
            got=got,
        )
