"""The fleet at work: a listening socket a BMC, all served by one loop.

An address of its own for each BMC keeps the others of the network refusing, as a scan expects it.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable

from metalctl.lab import faults
from metalctl.lab.bmc.auth import administrator
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.capture import Tree
from metalctl.lab.bmc.http import BmcProtocol
from metalctl.lab.bmc.ipmi import IpmiProtocol
from metalctl.lab.bmc.library import Library
from metalctl.lab.bmc.settings import FleetSettings
from metalctl.lab.bmc.statistics import Statistics
from metalctl.lab.certificate import self_signed
from metalctl.lab.errors import FleetError

_ACCEPTED = 0.05
"""Seconds in which the loop gets to what it has accepted."""
_BACKLOG = 64
_TRIES = 5


class Fleet:
    """Simulated BMCs. `start` returns when all of them serve; `port` is theirs, `bmcs` their state.

    context: of TLS, where it is not to be one of the fleet's own. recorded: one BMC serves the tree as it is, clock and
    names included, and changes go into it: its owner may change it meanwhile.
    """

    def __init__(
        self, tree: Tree, settings: FleetSettings, *, context: ssl.SSLContext | None = None, recorded: bool = False
    ) -> None:
        self.settings = settings
        self.statistics = Statistics()
        self.port = settings.port
        self.library = Library(tree if recorded else _with_administrator(tree, settings))
        self._connections: dict[int, set[BmcProtocol]] = {}
        self._servers: dict[int, asyncio.Server] = {}
        self._away: set[int] = set()
        self._datagrams: list[asyncio.DatagramTransport] = []
        self._context = context
        self._closing = False
        self.bmcs = [self._bmc(index, address) for index, address in enumerate(settings.addresses(), settings.first)]
        if recorded:
            self.bmcs[0].serve(tree)
        self.username = settings.username or administrator(self.bmcs[0])[1]
        faults.attach(self.bmcs)

    @property
    def scheme(self) -> str:
        return "https" if self.settings.tls else "http"

    async def start(self) -> None:
        """Listen on every address; raises FleetError when one of them is taken."""
        _raise_limit(3 * len(self.bmcs) + 512)
        if self.settings.tls and self._context is None:
            self._context = self_signed("simulated-bmc").server()
        for tries_left in reversed(range(1 if self.settings.port else _TRIES)):
            self.port = self.settings.port or _free_port(self.bmcs[0].address)
            try:
                for bmc in self.bmcs:
                    await self._listen(bmc)
                break
            except FleetError:
                # Free on the first address is not free on all of them.
                self._stop_listening()
                if not tries_left:
                    raise
        for bmc in self.bmcs if self.settings.ipmi_port else ():
            await self._listen_ipmi(bmc)

    async def close(self) -> None:
        """Hang up everywhere."""
        self._closing = True
        self._away.update(self._servers)
        for server in self._servers.values():
            _accept_no_more(server)
        await asyncio.sleep(_ACCEPTED)
        self._stop_listening()
        for connections in self._connections.values():
            for connection in list(connections):
                connection.hang_up()
        for transport in self._datagrams:
            transport.abort()
        await asyncio.sleep(0)

    def _stop_listening(self) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    def _bmc(self, index: int, address: str) -> Bmc:
        bmc = Bmc(index, address, self.library, self.settings, self.statistics, self._later)
        bmc.restart = lambda: self._go_away(bmc)
        return bmc

    def _later(self, seconds: float, action: Callable[[], None]) -> object:
        return asyncio.get_running_loop().call_later(seconds, action)

    async def _listen(self, bmc: Bmc) -> None:
        connections = self._connections.setdefault(bmc.index, set())
        listening = socket.socket()
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((bmc.address, self.port))
        except OSError as error:
            listening.close()
            raise _taken(bmc.address, self.port, error) from None
        self._servers[bmc.index] = await asyncio.get_running_loop().create_server(
            lambda: BmcProtocol(bmc, connections, lambda: bmc.index in self._away),
            sock=listening,
            ssl=self._context,
            backlog=_BACKLOG,
        )
        self._away.discard(bmc.index)

    async def _listen_ipmi(self, bmc: Bmc) -> None:
        port = self.settings.ipmi_port
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: IpmiProtocol(bmc), local_addr=(bmc.address, port)
            )
        except OSError as error:
            raise _taken(bmc.address, port, error) from None
        self._datagrams.append(transport)

    def _go_away(self, bmc: Bmc) -> None:
        """The BMC restarts: nothing listens, then it serves again and nobody is logged in."""
        if self._closing or bmc.index not in self._servers:
            return
        server = self._servers.pop(bmc.index)
        self._away.add(bmc.index)
        _accept_no_more(server)
        self._later(_ACCEPTED, server.close)
        for connection in list(self._connections[bmc.index]):
            connection.hang_up()
        bmc.auth.forget_sessions()
        self._later(max(self.settings.bmc_reset_time, 2 * _ACCEPTED), lambda: self._come_back(bmc))

    def _come_back(self, bmc: Bmc) -> None:
        if not self._closing:
            task = asyncio.ensure_future(self._listen(bmc))
            task.add_done_callback(lambda done: done.exception())


def _accept_no_more(server: asyncio.Server) -> None:
    """What is accepted already still gets to its protocol, which hangs up; the rest the kernel refuses on closing.

    A server that is closed while it accepts leaves that connection open and unserved for ever (asyncio of Python 3.11).
    """
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())


def _with_administrator(tree: Tree, settings: FleetSettings) -> Tree:
    """The tree whose first administrator has the name that was asked for."""
    if not settings.username:
        return tree
    for path, account in tree.items():
        kind = str(account.get("@odata.type", ""))
        if kind.startswith("#ManagerAccount.") and account.get("RoleId") == "Administrator" and account.get("UserName"):
            return {**tree, path: {**account, "UserName": settings.username}}
    return tree


def _raise_limit(wanted: int) -> None:
    """A socket a BMC and some a client: more than the 1,024 descriptors that a process begins with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < best:
        resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))


def _free_port(address: str) -> int:
    with socket.socket() as one:
        one.bind((address, 0))
        return int(one.getsockname()[1])


def _taken(address: str, port: int, error: OSError) -> FleetError:
    hint = "choose another --port or --base; ports under 1024 need root"
    return FleetError(f"{address}:{port} cannot be listened on: {error.strerror or error}", hint=hint)
