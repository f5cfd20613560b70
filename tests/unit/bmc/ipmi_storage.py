"""A BMC's storage in memory, answering raw IPMI requests, and refusing those that its rules name.

bmc = Storage(rules=[too_long(16, 0xC9), for_now(0xC0, 3)])
bmc.raw(0x0A, 0x11, bytes((0, 0, 0, 32)))          # raises CompletionCode(0xC9)
reader = Reader(bmc.ask)                           # as over a session: refusals become errors of the room
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from metalctl.bmc.errors import BadAnswer, Unsupported
from metalctl.bmc.ipmi.commands import Commands
from metalctl.bmc.ipmi.errors import CompletionCode
from tests.unit.bmc import ipmi_bytes as made

FRU, SDR, SEL, READING = (0x0A, 0x11), (0x0A, 0x23), (0x0A, 0x43), (0x04, 0x2D)
READINGS = {1: "2ac00000", 2: "3cc00000", 3: "c0c00000", 4: "00c00100"}
GUID = bytes.fromhex("c0ffee171a2b4c3d9e8f0b7b25d65182")
Rule = Callable[[tuple[int, int], bytes], int]
"""(network function, command), data → the completion code that refuses it, 0 to let it through."""


def too_long(most: int, code: int) -> Rule:
    """Answers carry at most so many bytes."""
    return lambda what, data: code if what in (FRU, SDR) and data[-1] > most else 0


def for_now(code: int, times: int, *which: tuple[int, int]) -> Rule:
    """Each different request is refused so often before it is answered. which: those commands alone."""
    left: dict[tuple[tuple[int, int], bytes], int] = {}

    def rule(what: tuple[int, int], data: bytes) -> int:
        if which and what not in which:
            return 0
        left[what, data] = left.get((what, data), times) - 1
        return code if left[what, data] >= 0 else 0

    return rule


def record(number: int, code: int, whole: bool = True) -> Rule:
    """One sensor data record is refused. whole: also its head."""

    def rule(what: tuple[int, int], data: bytes) -> int:
        mine = what == SDR and int.from_bytes(data[2:4], "little") == number
        return code if mine and (whole or data[4] >= 5 or data[5] > 5) else 0

    return rule


class Storage(Commands):
    """FRU inventories, sensor data records (numbered from 1), an event log (from 1), readings, a GUID, a clock."""

    def __init__(self, rules: Sequence[Rule] = (), stated: int | None = None) -> None:
        self.records = [(n + 1).to_bytes(2, "little") + r[2:] for n, r in enumerate(made.RECORDS)]
        self.frus = {0: made.SYSTEM, 1: made.SUPPLY}
        self.log = [made.event(0x0C, 0x6F, bytes([0xA1, 0xFF, n])) for n in range(5)]
        self.rules, self.stated, self.asked, self.reservation = list(rules), stated, 0, 7

    def ask(self, do: str, **arguments: Any) -> Any:
        """As over a session."""
        try:
            return getattr(self, do)(**arguments)
        except CompletionCode as refused:
            if refused.unsupported:
                raise Unsupported("bmc does not know that command") from None
            raise BadAnswer(f"bmc: {refused}") from None

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        self.asked += 1
        for rule in self.rules:
            if code := rule((netfn, command), data):
                raise CompletionCode(code)
        match netfn, command:
            case 0x06, 0x01:
                return bytes([1, 0, 9, 8, 2, 0, 0x12, 0x91, 0, 2, 0xF])
            case 0x06, 0x37:
                return GUID
            case 0x00, 0x01:
                return bytes([1, 0, 0])
            case 0x0A, 0x48:
                return (1_000_060).to_bytes(4, "little")
            case 0x0A, 0x10 if data[0] in self.frus:
                return len(self.frus[data[0]]).to_bytes(2, "little") + b"\0"
            case 0x0A, 0x11:
                piece = self.frus[data[0]][data[1] | data[2] << 8 :][: data[3]]
                return bytes([len(piece)]) + piece
            case 0x0A, 0x20:
                count = len(self.records) if self.stated is None else self.stated
                return b"\x51" + count.to_bytes(2, "little") + bytes(11)
            case 0x0A, 0x22:
                self.reservation += 1
                return self.reservation.to_bytes(2, "little")
            case 0x0A, 0x23:
                return self._record(data)
            case 0x0A, 0x40:
                return b"\x51" + len(self.log).to_bytes(2, "little") + bytes(11)
            case 0x0A, 0x43:
                return self._entry(int.from_bytes(data[2:4], "little"))
            case 0x04, 0x2D:
                return bytes.fromhex(READINGS[data[0]])
        raise CompletionCode(0xC1)

    def _record(self, data: bytes) -> bytes:
        number, at, count = int.from_bytes(data[2:4], "little"), data[4], data[5]
        if int.from_bytes(data[:2], "little") != self.reservation:
            raise CompletionCode(0xC5)
        found = self._numbered(number, len(self.records))
        following = found + 1 if found < len(self.records) else 0xFFFF
        return following.to_bytes(2, "little") + self.records[found - 1][at:][: None if count == 0xFF else count]

    def _entry(self, number: int) -> bytes:
        found = self._numbered(len(self.log) if number == 0xFFFF else number, len(self.log))
        following = found + 1 if found < len(self.log) else 0xFFFF
        return following.to_bytes(2, "little") + found.to_bytes(2, "little") + self.log[found - 1][2:]

    @staticmethod
    def _numbered(number: int, most: int) -> int:
        """The number of a record; 0 is the first one."""
        if number > most:
            raise CompletionCode(0xCB)
        return max(number, 1)
