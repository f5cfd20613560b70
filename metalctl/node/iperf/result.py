"""What `iperf3 -J` wrote. A pure function of recorded text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from metalctl.node.errors import ToolFailed


class IperfError(ToolFailed):
    """iperf3 failed, or what it wrote cannot be read. busy: the other side is not there yet; try again."""

    @property
    def busy(self) -> bool:
        """Whether a later try may do."""
        words = ("connection refused", "server is busy", "connection reset", "no route to host", "timed out")
        return any(w in self.message.lower() for w in words)


@dataclass(frozen=True, slots=True)
class Stream:
    """One test, all its streams together. received: bit/s at the receiver; retransmits: None when not counted."""

    received: float
    sent: float
    retransmits: int | None
    seconds: float
    version: str


def parse(text: str) -> Stream:
    """The totals of one test; raises IperfError for an error, a cut text, or a test that moved nothing."""
    try:
        data = json.loads(text[text.find("{") :])
    except ValueError:
        raise IperfError(f"iperf3 wrote no JSON: {text.strip()[:200]!r}", hint="run iperf3 by hand") from None
    if data.get("error"):
        raise IperfError(f"iperf3: {data['error']}", hint="see that the peer runs and is reachable on that port")
    try:
        received, sent = data["end"]["sum_received"], data["end"]["sum_sent"]
        found = Stream(
            received=float(received["bits_per_second"]),
            sent=float(sent["bits_per_second"]),
            retransmits=sent.get("retransmits"),
            seconds=float(received["seconds"]),
            version=str(data["start"]["version"]),
        )
    except (KeyError, TypeError, ValueError) as odd:
        raise IperfError(f"iperf3's JSON has another shape than known: {odd!r}") from odd
    if found.seconds <= 0:
        raise IperfError("iperf3 measured for no time at all", hint="run iperf3 by hand")
    return found


def total(streams: Iterable[Stream]) -> Stream:
    """Several processes that ran at once, as one."""
    found = list(streams)
    counted = [s.retransmits for s in found if s.retransmits is not None]
    return Stream(
        received=sum(s.received for s in found),
        sent=sum(s.sent for s in found),
        retransmits=sum(counted) if counted else None,
        seconds=max(s.seconds for s in found),
        version=found[0].version,
    )
