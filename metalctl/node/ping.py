"""ping(8) of iputils, with every packet accounted for: how many were sent, how many came back, and was one too long."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from metalctl.node import tool
from metalctl.node.errors import HardwareFault, ToolFailed

COUNT = 3
SERIES = 3
_TOTALS = re.compile(
    r"(\d+) packets transmitted, (\d+)(?: packets)? received[^%\n]*?(?:, ([^\s,%]+)% packet loss|$)", re.M
)
# One line an answer; whoever answers is named in it, and told when it is somebody else.
_ANSWERED = re.compile(r"bytes from .*?icmp_seq=(\d+)")
_STRANGER = "(DIFFERENT ADDRESS!)"
# A bad checksum is counted; other data or a shorter packet is only said, and the packet counts as received.
_CHANGED = re.compile(r"\+\d+ corrupted|wrong data byte|\(truncated\)")
_TOO_LONG = ("message too long", "frag needed", "packet too big")


@dataclass(frozen=True, slots=True)
class Answer:
    """received: of COUNT packets. too_long: this machine, or one on the way, refused the size: that is no silence.

    series: how many were asked until one was of one mind.
    """

    address: str
    size: int
    received: int
    too_long: bool
    series: int = 1

    @property
    def all(self) -> bool:
        return self.received == COUNT

    def require_all_or_none(self) -> None:
        """ToolFailed when some came back and some did not: that tells neither that they pass nor that they do not."""
        if 0 < self.received < COUNT:
            raise ToolFailed(
                f"{self.received} of {COUNT} pings of {self.size} bytes came back from {self.address}, "
                f"in each of {self.series} series",
                hint="packets are lost on the way: look at the error counters of the ports of both ends and the switch",
            )


def settled(address: str, size: int) -> Answer:
    """The first series of which all came back or none, of SERIES at most; the last one else.

    A first packet is lost for good reasons (a neighbour that is looked up, a switch that learns): such a series tells
    nothing, so it is asked again, and how often is said.
    """
    answer = ask(address, size)
    for number in range(2, SERIES + 1):
        if answer.received in (0, COUNT):
            break
        answer = replace(ask(address, size), series=number)
    return answer


def ask(address: str, size: int) -> Answer:
    """COUNT pings of `size` bytes, which may not be fragmented. Raises ToolFailed when ping did not send them all."""
    argv = ["ping", "-n", "-c", str(COUNT), "-i", "0.2", "-W", "2", "-M", "do", "-s", str(size), address]
    answer = tool.run(argv, 20)
    too_long = any(word in (answer.err + answer.out).lower() for word in _TOO_LONG)
    if answer.code > 1 or answer.code < 0:
        answer.require()
    if _CHANGED.search(answer.out):
        raise HardwareFault(f"pings came back from {address} with other data than was sent", hint="replace the NIC")
    if _STRANGER in answer.out:
        raise ToolFailed(f"another address answered the pings to {address}", hint="see who has it: ip neigh, arping")
    totals = _TOTALS.search(answer.out)
    if totals is None or int(totals[1]) != COUNT or not _fits(answer, totals):
        said = totals[0] if totals else (answer.err or answer.out).strip()[-200:] or "nothing"
        raise ToolFailed(f"ping was to send {COUNT} packets and said: {said}", hint=f"run it by hand: {' '.join(argv)}")
    return Answer(address, size, int(totals[2]), too_long)


def _fits(answer: tool.Output, totals: re.Match[str]) -> bool:
    """Whether all that ping says of COUNT packets agrees: what came back, its share, its lines and the exit code."""
    received, loss = int(totals[2]), totals[3]
    numbers = set(_ANSWERED.findall(answer.out))
    lost = 100 * (COUNT - received) / COUNT
    return (
        received <= COUNT
        and (received > 0) == (answer.code == 0)
        and (not numbers or len(numbers) == received)
        and (loss is None or _percent(loss, lost))
    )


def _percent(text: str, wanted: float) -> bool:
    try:
        return abs(float(text) - wanted) <= 1
    except ValueError:
        return False
