"""One system behind a Redfish BMC.

Order at connect: fetch the certificate, compare it with the recorded one, read the service root without credential,
and only then log in, once. Reading and acting share that login: a session where the BMC has sessions (else Basic
authentication), which `close` always closes, since BMCs have few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, Unsupported
from metalctl.bmc.protocol import Probe
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.acting import Acting
from metalctl.bmc.redfish.client.http import Client, Resource
from metalctl.bmc.redfish.fetch import boards, root
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.bmc.redfish.fetch.inventory import Walk, power_state, start
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.parse import systems
from metalctl.bmc.redfish.schema.values import link
from metalctl.bmc.tls import fetch_fingerprint
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory

if TYPE_CHECKING:
    from metalctl.bmc.capture.record import Capture

T = TypeVar("T")
# Seconds that an inventory may take; what was not read by then is told as not read.
DEADLINE = 240.0


async def probe(endpoint: Endpoint, timeout: float) -> Probe:
    """What answers there, without a credential; raises Unreachable, NotABmc or CertificateChanged."""
    client, service = await verified(endpoint, timeout)
    await client.close()
    return root.seen(client.endpoint, service)


async def verified(endpoint: Endpoint, timeout: float) -> tuple[Client, Resource]:
    """A client without credential, and the service root; raises as `probe`.

    Where a certificate is recorded, each connection of the client is held against it before a header is written: one
    more connection only to look at it would cost a handshake.
    """
    if not endpoint.fingerprint:
        endpoint = replace(endpoint, fingerprint=await fetch_fingerprint(endpoint, timeout))
    client = Client(endpoint, timeout)
    try:
        return client, await root.read_root(client)
    except BaseException:
        await client.close()
        raise


class RedfishBmc(Acting):
    """Made by `connect`; see protocol.Bmc. findings: what the BMC was refused for in the last inventory."""

    def __init__(self, endpoint: Endpoint, credential: Credential, timeout: float = 30.0) -> None:
        lockout.check(endpoint, credential)
        self._credential = credential
        self._timeout = timeout
        self._client: Client | None = None
        self._lies: frozenset[str] = frozenset()
        self.findings: tuple[Finding, ...] = ()
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self._connect(endpoint))
        except BaseException:
            self.close()
            raise

    async def _connect(self, endpoint: Endpoint) -> None:
        client, self._root = await verified(endpoint, self._timeout)
        self._client, self.endpoint = client, client.endpoint
        if not link(self._root, "Systems"):
            raise await root.looked_at(client, self._root, self._credential)
        collection = await client.login(self._credential, self._root, link(self._root, "Systems"))
        found = await boards.machines(client, self._root, collection)
        self._machine = systems.choose(endpoint, found)
        self._path = self._machine.path

    def identity(self) -> Identity:
        return self._run(self._walked(Walk.identity, expand=False))

    def inventory(self) -> Inventory:
        return self._run(self._walked(Walk.inventory))

    def power(self) -> str:
        state = power_state(self._system())
        if not state:
            raise Unsupported(f"{self.endpoint} does not state the power state", hint="try it over IPMI")
        return state

    def record(self, told: Callable[[int], None] = lambda count: None) -> Capture:
        """The whole tree as it answers, secrets and all: scrub it before it is kept. told: resources so far."""
        from metalctl.bmc.capture.record import crawl

        assert self._client
        return self._run(crawl(self._client.get_answer, told=told))

    def close(self) -> None:
        """Log out and close the connections. Nothing is left on the BMC."""
        if self._client is not None:
            client, self._client = self._client, None
            self._runner.run(client.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._client is None:
            work.close()
            raise self._closed()
        return self._runner.run(work)

    async def _get(self, path: str) -> Resource:
        assert self._client  # _run made sure
        return await self._client.get(path)

    def _system(self) -> Resource:
        return self._run(self._get(self._path))

    async def _walked(self, read: Callable[[Walk], Coroutine[Any, Any, T]], expand: bool = True) -> T:
        assert self._client  # _run made sure
        self._client.deadline = asyncio.get_running_loop().time() + DEADLINE
        try:
            reader = Reader(self._client, advertised(self._root, self._lies))
            walk = await start(reader, self._root, self._path, quirks_of, expand=expand, machine=self._machine)
            found = await read(walk)
        finally:
            self._client.deadline = self._client.gate = None
        self._lies, self.findings = frozenset(reader.expand.lies), walk.findings()
        return found

    def quirks(self, system: Resource) -> Quirks:
        """The quirks that the catalogue has for this BMC."""
        return quirks_of(root=self._root, system=system)

    def _wired(self) -> Wire:
        if self._client is None:
            raise self._closed()
        return Wire(self._client, self._run, self._path, self.clock)

    def _closed(self) -> BmcError:
        return BmcError(f"the connection to {self.endpoint} is closed", hint="connect again")
