"""Reads resources and collections of one BMC for an inventory. What cannot be read costs a note, never the rest.

What is not linked is simply not stated. What is linked or listed is promised: a 404 there, an error, or an answer that
is another resource (see whose.py) is noted with its address, as is a list that is shorter than it says. A list that
could be read only in part is kept, and who counts its parts must look at the notes first. A link whose resource came
along expanded is not asked for again.

Collections are asked with $expand where the BMC advertises it. Members that come back as bare links, or not at all,
say that it does not honour it: that is remembered for this kind of collection (and for the whole BMC once it has
happened twice), and the members are asked one by one. Pages are followed within bounds; a circle of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from metalctl.bmc.errors import Astray, BadAnswer, BmcError, Missing, Unreachable
from metalctl.bmc.redfish.client import refusals
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.fetch.expand import Expand
from metalctl.bmc.redfish.fetch.notes import Facts, Notes
from metalctl.bmc.redfish.fetch.together import together
from metalctl.bmc.redfish.parse.whose import Owners, fault_of
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import (
    Witness,
    came_along,
    digest,
    is_whole,
    lacking,
    next_link,
    path_of,
    place_of,
    pointed,
)
from metalctl.bmc.redfish.schema.values import whole

MOST_MEMBERS = 1024
MOST_PAGES = 32
MOST_REQUESTS = 1500
GIVEN_UP_AFTER = 3


@dataclass(slots=True)
class Reader(Notes):
    """One reading of one BMC. refusals: how it led astray. witnesses: by name, what tells that nothing has changed."""

    client: Client
    expand: Expand
    refusals: list[Astray] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    _owners: Owners = field(default_factory=Owners)
    _silences: int = 0
    _begun: int = 0

    def __post_init__(self) -> None:
        self._begun = self.client.transport.requests
        self.client.gate = self._gate

    @property
    def name(self) -> str:
        """The BMC's, for people."""
        return str(self.client.endpoint)

    async def one(self, facts: Facts, where: Resource | str, witness: str = "") -> Resource:
        """The resource, {} when there is none or it cannot be read."""
        found, why = await self.attempt(where, witness)
        if why:
            self.note(facts, why, where if isinstance(where, str) else path_of(where))
        return found

    async def attempt(self, where: Resource | str, witness: str = "") -> tuple[Resource, str]:
        """The resource, and why it cannot be read, which is left to the caller to note: there may be another way."""
        if isinstance(where, dict) and self._owners.is_good(where):
            return where, ""
        path = where if isinstance(where, str) else path_of(where)
        if not path:
            return {}, f"{self.name} has a link without an address" if where else ""
        found, why = await self._raw(path, witness)
        return (found, why) if why or is_whole(found) else ({}, f"{self.name}: {path} leads to nothing")

    async def _raw(self, path: str, witness: str = "") -> tuple[Resource, str]:
        """The same of whatever is there, which may be a collection."""
        try:
            return pointed(await self._get(path, 1.0, witness), path), ""
        except BmcError as error:
            return {}, self._failed(error)

    async def every(self, facts: Facts, wheres: Iterable[Resource | str]) -> list[Resource]:
        """The resources that can be read, side by side; of a link to a collection, its members."""
        listed = list(wheres)
        links = {n: where for n, where in enumerate(listed) if not self._owners.is_good(where)}
        found = dict(zip(links, await together(self._those(facts, one) for one in links.values()), strict=True))
        every: Iterable[list[Any]] = (found.get(n, [where]) for n, where in enumerate(listed))
        return [resource for some in every for resource in some if isinstance(resource, dict) and resource]

    async def _those(self, facts: Facts, where: Resource | str) -> list[Resource]:
        """The resource, or what is listed where the link leads to a collection."""
        path = where if isinstance(where, str) else path_of(where)
        if not path:
            return [await self.one(facts, where)]
        found, why = await self._raw(path)
        if isinstance(found.get("Members"), list):
            listed = await self.listed(facts, {"@odata.id": path, **found})
            return await together(self.one(facts, one) for one in listed)
        if why or not is_whole(found):
            self.note(facts, why or f"{self.name}: {path} leads to nothing", path)
        return [found] if not why and is_whole(found) else []

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
        if came_along(where):
            self._owners.expect(where)
            return self._distinct(facts, path, inside)
        if not path:
            if where:
                self.note(facts, f"{self.name} has {fault_of(where) or 'a list without an address that is not whole'}")
            return self._distinct(facts, path, inside) if isinstance(inside, list) else []
        entries: dict[str, Resource] = {}
        try:
            await self._pages(facts, path, patience, most, witness, entries)
        except BmcError as error:
            self.note(facts, self._failed(error), path)
        return list(entries.values())[: most or MOST_MEMBERS]

    async def _pages(
        self, facts: Facts, path: str, patience: float, most: int | None, witness: str, entries: dict[str, Resource]
    ) -> None:
        """Add the members by their address, page by page; what was added before an error stays."""
        page = await self._first_page(path, patience, witness)
        seen, here, stated = {path}, path, whole(page, "Members@odata.count")
        for _ in range(MOST_PAGES):
            self._owners.expect(page)
            for member in self._distinct(facts, here, page.get("Members")):
                entries.setdefault(place_of(member) or f"{here} {len(entries)}", member)
            following = next_link(page)
            if not following or len(entries) >= (most or MOST_MEMBERS):
                break
            if following in seen:
                raise self._refused(path, "pages that come to an end", f"{following[:80]} again")
            seen.add(following)
            here, page = following, await self._get(following, patience, page_of=path)
        else:
            raise self._refused(path, f"at most {MOST_PAGES} pages", "more")
        self._check_count(facts, path, stated, most, len(entries))

    def _check_count(self, facts: Facts, path: str, stated: int | None, most: int | None, count: int) -> None:
        if most is None and count > MOST_MEMBERS:
            raise self._refused(path, f"at most {MOST_MEMBERS} members", str(count))
        if stated is not None and count < min(stated, most or stated):
            self.note(facts, f"{self.name}: {path} counts {stated} members, and lists {count}", path)

    async def _first_page(self, path: str, patience: float, witness: str) -> Resource:
        if target := self.expand.target(path):
            try:
                page = await self._get(target, patience, witness)
            except (Missing, BadAnswer) as error:
                if isinstance(error, Astray) or error.fields.get("status") == 404:
                    raise
                self.expand.lied(path)  # refused, or too much for it: without, it may do
            else:
                if members := page.get("Members"):
                    self.expand.saw(path, members)
                return page if next_link(page) or not lacking(page, "Members") else await self._longer(path, page)
        return await self._get(path, patience, witness)

    async def _longer(self, path: str, expanded: Resource) -> Resource:
        """The plain list where it has more members: then the expansion left some out; else it only counts wrongly."""
        bare = await self._get(path, 1.0)
        if lacking(bare, "Members") >= lacking(expanded, "Members"):
            return expanded
        self.expand.lied(path)
        return bare

    def _distinct(self, facts: Facts, path: str, members: object) -> list[Resource]:
        """The members, each address once; the note names a list that is none, and members that are nothing."""
        if not isinstance(members, list):
            self.note(facts, f"{self.name}: {path} is not a collection", path)
            return []
        found: dict[str, Resource] = {}
        for i, member in enumerate(members[: MOST_MEMBERS + 1]):
            if isinstance(member, dict) and (path_of(member) or is_whole(member)):
                found.setdefault(place_of(member) or str(i), member)
            else:
                self.note(facts, f"{self.name}: {path} lists a member that is not a link", path)
        return list(found.values())

    async def _get(self, path: str, patience: float, witness: str = "", page_of: str = "") -> Resource:
        try:
            answer = await self.client.get_answer(path, patience=patience)
        except Unreachable:
            self._silences += 1  # by one that was not asked for that reason, too: it does not matter any more
            raise
        self._silences = 0
        found = self.client.decoded(path, answer)
        # A later page may name itself, or the collection.
        if odd := fault_of(found) if page_of else self._owners.stranger(found, path, answer.moved):
            raise BadAnswer(f"{self.name}: {path} is {odd}", path=path)
        if witness:
            self.witnesses[witness] = Witness(path, answer.headers.get("ETag", "")[:256], digest(answer.body))
        return found

    def _gate(self, path: str) -> None:
        """Whether to go on at all is asked when it is a request's turn: hundreds may have been waiting for that."""
        if self._silences >= GIVEN_UP_AFTER:
            silent = f"{self.name} was silent {GIVEN_UP_AFTER} times running: it was not asked for more"
            raise Unreachable(silent, bmc=self.name)
        if self.client.transport.requests - self._begun >= MOST_REQUESTS:
            raise self._refused("/redfish/v1/", f"at most {MOST_REQUESTS} resources of interest", "more")

    async def expanded(self, path: str, witness: str = "") -> Resource:
        """The resource with what hangs on it, if the BMC can do that, else without. Raises as Client.get."""
        if target := self.expand.target(path):
            try:
                return await self._get(target, 1.0, witness)
            except (Missing, BadAnswer) as error:
                if isinstance(error, Astray):
                    raise
                self.expand.lied(path)
        return await self.plain(path, witness)

    async def plain(self, path: str, witness: str = "") -> Resource:
        """The resource as it is. Raises as Client.get, and BadAnswer for one that is another."""
        return await self._get(path, 1.0, witness)

    def _failed(self, error: BmcError) -> str:
        if isinstance(error, Astray) and all(error.message != known.message for known in self.refusals):
            self.refusals.append(error)
        return error.message

    def _refused(self, path: str, expected: str, got: str) -> Astray:
        return refusals.misshapen(self.client.endpoint, path, expected, got)
