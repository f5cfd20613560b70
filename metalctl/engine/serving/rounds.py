"""Rounds of the nodes' BMCs: power, health and parts, read again and again, a few BMCs at a time.

A BMC on which nothing has changed costs three requests (redfish/sweep/). What was read is in the store with its time,
for `nodes`, `show`, `status`, the pages and /metrics. A BMC that does not answer keeps what was read before and is
tried at the next round; one that refuses the credential is not, until its node or the settings change: BMCs lock
accounts. Left out: IPMI (a process each), BMCs whose certificate nobody has vouched for yet, those whose credential is
being rotated, and parked nodes: somebody works on them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, Engine

from metalctl.bmc import Credential, Endpoint
from metalctl.bmc.errors import BmcError, WrongPassword
from metalctl.bmc.redfish.sweep.remember import Remembered, kept, recalled
from metalctl.bmc.redfish.sweep.sweeping import Swept, sweep
from metalctl.content.secrets import SecretError
from metalctl.engine.reach.credentials import credential, endpoint_of
from metalctl.store import bmcs, marks, nodes
from metalctl.store.bmcs import Look
from metalctl.store.database import now
from metalctl.store.nodes import Node

log = structlog.get_logger()
AT_ONCE = 16
DEADLINE = 120.0  # seconds a BMC
TOGETHER = 64  # rows a transaction


class Rounds:
    """`start` begins them in a thread of their own, `close` ends them. service: whose nodes, None for all.

    every: seconds from the end of a round to the next; asked again each time. The first begins after as long.
    """

    def __init__(self, database: Engine, every: Callable[[], float], service: str | None = None) -> None:
        self._database, self._every, self._service = database, every, service
        self._refused: set[tuple[str, str, str]] = set()
        self._stop = threading.Event()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, also in the middle of a round: sessions are closed."""
        self._stop.set()
        if running := self._running:
            loop, task = running
            loop.call_soon_threadsafe(task.cancel)
        if self._thread.is_alive():
            self._thread.join(DEADLINE)

    def forgive(self) -> None:
        """The settings were read again: what was refused may be tried once more."""
        self._refused.clear()

    def _run(self) -> None:
        while not self._stop.wait(self._every()):
            try:
                asyncio.run(self.round())
            except asyncio.CancelledError:
                return
            except Exception:
                # The database's, or a defect of ours: what was read grows old, and the next round is tried.
                log.exception("rounds")

    async def round(self) -> None:
        """Every BMC once."""
        task = asyncio.current_task()
        assert task
        self._running = asyncio.get_running_loop(), task
        try:
            if not self._stop.is_set():
                await self._swept({str(endpoint_of(node)): node for node in self._due()})
        finally:
            self._running = None

    def _due(self) -> list[Node]:
        with self._database.connect() as connection:
            listed, mine, hands = nodes.listing(connection), self._mine(connection), marks.everybodys(connection)
        vouched = (n for n in listed if (n.fingerprint or n.authorities) and not n.bmc.startswith("ipmi"))
        free = (n for n in vouched if "parked" not in hands.get(n.name, ()))
        settled = (n for n in free if n.rotation is None or n.rotation.proven)
        return [n for n in settled if (mine is None or n.name in mine) and _key(n) not in self._refused]

    def _mine(self, connection: Connection) -> set[str] | None:
        return None if self._service is None else nodes.of_service(connection, self._service)

    async def _swept(self, due: dict[str, Node]) -> None:
        def login(endpoint: Endpoint) -> Credential:
            try:
                return credential(due[str(endpoint)].credential)
            except SecretError as error:
                raise BmcError(error.message, hint=error.hint) from error

        memory, looks = _Memory(self._database, due), list[Look]()
        wanted = [endpoint_of(node) for node in due.values()]
        async for one in sweep(wanted, login, concurrency=AT_ONCE, deadline=DEADLINE, memory=memory):
            if node := due.get(str(one.endpoint)):
                looks.append(self._looked(node, one))
            if len(looks) >= TOGETHER:
                self._note(looks, memory)
        self._note(looks, memory)

    def _looked(self, node: Node, one: Swept) -> Look:
        if one.error is None:
            return Look(node.name, now(), now(), one.power, one.health)
        if isinstance(one.error, WrongPassword):
            self._refused.add(_key(node))
        return Look(node.name, now(), problem=one.error.message)

    def _note(self, looks: list[Look], memory: _Memory) -> None:
        with self._database.begin() as connection:
            bmcs.note(connection, looks)
            memory.write(connection, [look.node for look in looks])
        looks.clear()


class _Memory:
    """bmc.sweeping.Memory over the store; what is new is written beside the looks."""

    def __init__(self, database: Engine, due: dict[str, Node]) -> None:
        self._database, self._due = database, due
        self._new: dict[str, Remembered] = {}

    def get(self, key: str, /) -> Remembered | None:
        """See Memory."""
        if not (node := self._due.get(key)):
            return None
        with self._database.connect() as connection:
            known = recalled(bmcs.known(connection, node.name))
        # Of another BMC, or of one that shows another certificate since.
        return known if known and known.fingerprint == (node.fingerprint or known.fingerprint) else None

    def __setitem__(self, key: str, known: Remembered, /) -> None:
        """See Memory."""
        self._new[self._due[key].name] = known

    def write(self, connection: Connection, names: list[str]) -> None:
        """Keep what is new of these, whose looks are written."""
        for name in names:
            if known := self._new.pop(name, None):
                bmcs.remember(connection, name, kept(known))


def _key(node: Node) -> tuple[str, str, str]:
    return node.name, node.bmc, node.credential
