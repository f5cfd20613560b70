"""One BMC of a sweep: is it as it was? If not: verify it, log in, read every system behind it, log out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.fetch import boards
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.bmc.redfish.fetch.inventory import start
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.root import looked_at, read_root
from metalctl.bmc.redfish.parse.systems import Machine, choose
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import digest, last
from metalctl.bmc.redfish.schema.values import link
from metalctl.bmc.redfish.sweep.remember import MOST_AGE, Memory, Remembered, pack
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Options:
    """How BMCs are visited; see sweep."""

    timeout: float = 30.0
    deadline: float = 120.0
    in_flight: int = 2
    authorities: Path | None = None
    memory: Memory | None = None
    fresh: bool = False
    quirks: Callable[..., Quirks] = quirks_of


@dataclass(frozen=True, slots=True)
class Swept:
    """One system, or the error that stands for a BMC that could not be read.

    endpoint: with the fingerprint that was recorded, and the system's id behind a BMC of several. findings: what the
    BMC was refused for. unchanged: the inventory is the remembered one, as its `taken` says. requests, seconds: what
    the visit of the BMC has cost.
    """

    endpoint: Endpoint
    error: BmcError | None = None
    findings: tuple[Finding, ...] = ()
    unchanged: bool = False
    requests: int = 0
    seconds: float = 0.0
    _read: Inventory | None = field(default=None, repr=False)
    _record: Remembered | None = field(default=None, repr=False)

    @property
    def inventory(self) -> Inventory | None:
        """The inventory, None with an error. A remembered one is decoded each time it is asked for."""
        if self._read is None and self._record is not None:
            return self._record.inventory()
        return self._read

    @property
    def power(self) -> str:
        """ "on", "off", or "" when it does not state it."""
        return self._record.power if self._record else ""

    @property
    def health(self) -> str:
        """ "ok", "warning", "critical" of the system and all that is in it, or "" when it states none."""
        return self._record.health if self._record else ""


async def visit(endpoint: Endpoint, credential: Credential, options: Options) -> list[Swept]:
    """Every system behind the BMC, or the one that the endpoint names; raises BmcError."""
    lockout.check(endpoint, credential)
    known = options.memory.get(str(endpoint)) if options.memory is not None else None
    if known and not endpoint.fingerprint:
        endpoint = replace(endpoint, fingerprint=known.fingerprint)
    if known and not options.fresh and 0 <= time.time() - known.at < MOST_AGE:
        spent = await _unchanged(endpoint, credential, options, known)
        if spent:
            return [Swept(endpoint, unchanged=True, requests=spent, _record=known)]
    return await _read(endpoint, credential, options, known.lies if known else ())


def _client(endpoint: Endpoint, options: Options) -> Client:
    return Client(
        endpoint,
        options.timeout,
        authorities=options.authorities,
        in_flight=options.in_flight,
        deadline=asyncio.get_running_loop().time() + options.deadline,
    )


async def _unchanged(endpoint: Endpoint, credential: Credential, options: Options, known: Remembered) -> int:
    """The requests (at most three) that it took to see that every witness is as it was; 0 when one is not."""
    client = _client(endpoint, options)
    try:
        first, *rest = known.witnesses
        # A session takes two requests, so that only one is left where Basic is not accepted: the system itself.
        root = None if known.basic else {"Links": {"Sessions": {"@odata.id": known.sessions}}}
        answer = await client.login_conditional(credential, root, first.target, first.etag)
        seen = [(first, answer)]
        if known.basic:
            others = await asyncio.gather(*(client.get_answer(one.target, one.etag) for one in rest[:2]))
            seen += zip(rest, others, strict=False)
        same = (answer.status == 304 or digest(answer.body) == witness.digest for witness, answer in seen)
    except BadAnswer:
        return 0
    finally:
        await client.close()
    return client.transport.requests if all(same) else 0


async def _read(endpoint: Endpoint, credential: Credential, options: Options, lies: tuple[str, ...]) -> list[Swept]:
    client = _client(endpoint, options)
    try:
        root = await read_root(client)
        systems = link(root, "Systems")
        if not systems:
            raise await looked_at(client, root, credential)
        if options.memory is not None:
            collection, basic = await client.login_learning(credential, root, systems)
        else:
            collection, basic = await client.login(credential, root, systems), False
        found = await boards.machines(client, root, collection)
        chosen = found if len(found) > 1 and not endpoint.system else [choose(endpoint, found)]
        seen = [await _system(client, root, machine, basic, options, lies) for machine in chosen]
    finally:
        await client.close()
    return [replace(one, requests=client.transport.requests) for one in seen]


async def _system(
    client: Client, root: Resource, machine: Machine, basic: bool, options: Options, lies: tuple[str, ...]
) -> Swept:
    reader, path, alone = Reader(client, advertised(root, lies)), machine.path, machine.alone
    walk = await start(reader, root, path, options.quirks, machine=machine)
    inventory = await walk.inventory()
    endpoint = client.endpoint if alone else replace(client.endpoint, system=last(path))
    record = Remembered(
        client.endpoint.fingerprint,
        path,
        link(root, "Links", "Sessions") if client.access.by_session else "",
        basic,
        tuple(sorted(reader.expand.lies)),
        tuple(reader.witnesses[name] for name in ("system", "storage", "chassis") if name in reader.witnesses),
        time.time(),
        pack(inventory) if options.memory is not None else "",
        alone,
        inventory.power,
        walk.system.rollup or walk.system.health,
    )
    # Several systems are told apart only by reading all of them.
    if options.memory is not None and alone and not machine.boards and record.witnesses and walk.settled():
        options.memory[str(endpoint)] = record
    return Swept(endpoint, findings=walk.findings(), _read=inventory, _record=record)
