"""IPMI presence of any number of addresses through one UDP socket.

The question that every IPMI BMC knows goes out first; who is silent gets the presence ping (old boards, and whoever the
first datagram did not reach), then both by turns: one datagram a round, since a silent network is most of a scan.
Before an address is given up it is asked both at once, where somebody is likely to be: in a small network, or when a
neighbour answered (BMCs are numbered by the rack). So two lost datagrams lose no BMC. Who answered is asked what is not
known yet: its version, and its GUID, which tells two addresses of one machine. Only who was asked may answer.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from metalctl.bmc.discovery.places import Place
from metalctl.bmc.ipmi.ping import product
from metalctl.bmc.ipmi.rmcp import AUTH_CAPABILITIES, PRESENCE_PING, SYSTEM_GUID, Presence, parse
from metalctl.bmc.protocol import Probe

ROUNDS = 2  # at least; with a long timeout one a second
FEW = 4096  # addresses: up to a /20 each of them is worth two datagrams more
AFTERWARDS = 0.7  # seconds that the GUID may take once the BMC has answered
WINDOW = 1 << 16  # addresses that are waited for at once
_BUFFER = 4 << 20
_LARGEST = 512
_BATCH = 512
_LATER = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM})


@dataclass(slots=True, eq=False)
class Asked:
    """One address. round: how often it was asked. answer: what is known so far. last: nothing more is asked."""

    place: Place
    to: tuple[str, int]
    until: float
    round: int = 1
    answer: Presence | None = None
    over: bool = False
    last: bool = False


class Sweep:
    """One socket of one address family. Register `fileno()` for reading, call `receive` then and `due` regularly.

    thorough: ask everybody once more, not only the neighbours of who answered.
    """

    def __init__(self, family: socket.AddressFamily, timeout: float, thorough: bool = False) -> None:
        self._thorough = thorough
        self._lively: set[str] = set()
        self._timeout = timeout
        self._rounds = max(ROUNDS, int(timeout))
        self._again = timeout / self._rounds
        self._asked: dict[tuple[str, int], Asked] = {}
        self._due: deque[tuple[float, Asked]] = deque()
        self._late: deque[tuple[float, Asked]] = deque()
        self._soon: deque[tuple[float, Asked]] = deque()
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)

    def fileno(self) -> int:
        """Of the socket."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    @property
    def full(self) -> bool:
        """Whether more addresses must wait."""
        return len(self._asked) >= WINDOW

    def ask(self, place: Place, address: str, port: int, now: float) -> bool:
        """Asks one more address; False when the same one is being asked already. address: numeric."""
        to = (address, port)
        if to in self._asked:
            return False
        asked = self._asked[to] = Asked(place, to, now + self._timeout)
        self._send(to, AUTH_CAPABILITIES)
        self._due.append((now + self._again, asked))
        return True

    def receive(self, now: float) -> int:
        """Takes in a batch of datagrams; how many packets were sent because of them."""
        sent = 0
        for _ in range(_BATCH):
            try:
                data, peer = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error does not say for whom; the timeout does
                continue
            asked = self._asked.get((peer[0], peer[1]))
            if asked and not asked.over and (answer := parse(data)):
                sent += self._heard(asked, answer, now)
        return sent

    def _heard(self, asked: Asked, answer: Presence, now: float) -> int:
        known = asked.answer or Presence()
        if asked.answer is None:
            self._lively.add(_block(asked.to[0]))
        first, asked.answer = asked.answer is None, Presence(answer.version or known.version, answer.uuid or known.uuid)
        if asked.answer.version and asked.answer.uuid:
            asked.over = True
            self._soon.appendleft((now, asked))
        elif first:
            self._soon.append((min(asked.until, now + AFTERWARDS), asked))
            missing = [SYSTEM_GUID] if asked.answer.version else [AUTH_CAPABILITIES, SYSTEM_GUID]
            for question in missing:
                self._send(asked.to, question)
            return len(missing)
        return 0

    def due(self, now: float) -> Iterator[tuple[Place, Probe | None] | int]:
        """What time has brought: a place with its answer (or None: silent), or a number of packets sent again."""
        while self._soon and self._soon[0][0] <= now:
            asked = self._soon.popleft()[1]
            if self._released(asked):
                yield asked.place, _probe(asked)
        while self._due and self._due[0][0] <= now:
            asked = self._due.popleft()[1]
            if asked.answer or asked.over:
                continue
            asked.round += 1
            self._send(asked.to, AUTH_CAPABILITIES if asked.round % 2 else PRESENCE_PING)
            if asked.round < self._rounds and now + self._again < asked.until:
                self._due.append((now + self._again, asked))
            else:
                self._late.append((now + self._again / 2, asked))
            yield 1
        yield from self._given_up(now)

    def _given_up(self, now: float) -> Iterator[tuple[Place, Probe | None] | int]:
        """Half a round after the last one: once more where that is worth it; after the other half it is over."""
        while self._late and self._late[0][0] <= now:
            asked = self._late.popleft()[1]
            if asked.answer or asked.over:
                continue
            if asked.last:
                if self._released(asked):
                    yield asked.place, None
                continue
            asked.last = True
            self._late.append((now + self._again / 2, asked))
            if self._thorough or _block(asked.to[0]) in self._lively:
                self._send(asked.to, AUTH_CAPABILITIES)
                self._send(asked.to, PRESENCE_PING)
                yield 2

    def _released(self, asked: Asked) -> bool:
        """Whether it was still waited for; it is not any more."""
        return self._asked.pop(asked.to, None) is not None

    def next_due(self) -> float:
        """The monotonic time of what comes next; infinity when nothing does."""
        return min((queue[0][0] for queue in (self._soon, self._due, self._late) if queue), default=float("inf"))

    def _send(self, to: tuple[str, int], datagram: bytes) -> None:
        for _ in range(50):
            try:
                self._socket.sendto(datagram, to)
            except OSError as error:
                if error.errno not in _LATER:
                    return  # no route, or forbidden: that address stays silent
                time.sleep(0.002)  # the queue of the interface, or the neighbour table, is full
                continue
            return


def _block(address: str) -> str:
    """The /24 (the /112) that an address is in."""
    return address.rpartition(":" if ":" in address else ".")[0]


def _probe(asked: Asked) -> Probe | None:
    endpoint = asked.place.udp
    if asked.answer is None or endpoint is None:
        return None
    return Probe(endpoint, "ipmi", product(asked.answer), asked.answer.uuid)
