"""ping(8) of iputils, with every packet accounted for: how many were sent, how many came back, and was one too long."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metalctl.node import tool
from metalctl.node.errors import ToolFailed

COUNT = 3
_TOTALS = re.compile(r"(\d+) packets transmitted, (\d+)(?: packets)? received")
_TOO_LONG = ("message too long", "frag needed", "packet too big")


@dataclass(frozen=True, slots=True)
class Answer:
    """received: of COUNT packets. too_long: this machine, or one on the way, refused the size: that is no silence."""

    address: str
    size: int
    received: int
    too_long: bool

    @property
    def all(self) -> bool:
        """Whether every packet came back."""
        return self.received == COUNT

    def require_all_or_none(self) -> None:
        """ToolFailed when some came back and some did not: that tells neither that they pass nor that they do not."""
        if 0 < self.received < COUNT:
            raise ToolFailed(
                f"{self.received} of {COUNT} pings of {self.size} bytes came back from {self.address}",
                hint="packets are lost on the way: look at the error counters of the ports of both ends and the switch",
            )


def ask(address: str, size: int) -> Answer:
    """COUNT pings of `size` bytes, which may not be fragmented. Raises ToolFailed when ping did not send them all."""
    argv = ["ping", "-n", "-c", str(COUNT), "-i", "0.2", "-W", "2", "-M", "do", "-s", str(size), address]
    answer = tool.run(argv, 20)
    too_long = any(word in (answer.err + answer.out).lower() for word in _TOO_LONG)
    if answer.code > 1 or answer.code < 0:
        answer.require()
    totals = _TOTALS.search(answer.out)
    if totals is None or int(totals[1]) != COUNT or (int(totals[2]) > 0) != (answer.code == 0):
        said = totals[0] if totals else (answer.err or answer.out).strip()[-200:] or "nothing"
        raise ToolFailed(f"ping was to send {COUNT} packets and said: {said}", hint=f"run it by hand: {' '.join(argv)}")
    return Answer(address, size, int(totals[2]), too_long)
