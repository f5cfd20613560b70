"""What `iperf3 -J` wrote. A pure function of recorded text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from metalctl.node import cover
from metalctl.node.errors import ToolFailed

_LATER = (
    "connection refused", "server is busy", "connection reset", "no route to host", "timed out",
    "unable to receive", "unable to send", "control socket has closed", "server has terminated", "broken pipe",
)  # fmt: skip
_MORE = 0.5
_CLOSE = 0.05
# Seconds that a side may count less: the two start and stop each other by messages, and a busy node hears them late
# (a server on an emulated node counted 2.67 of 3 s).
_LAG = 1.0
_BY_HAND = "run iperf3 by hand"


class IperfError(ToolFailed):
    """iperf3 failed, or what it wrote cannot be read; `fields["began"]`: it had begun to measure."""

    @property
    def began(self) -> bool:
        """Whether it broke off in the test itself."""
        return bool(self.fields.get("began"))

    @property
    def busy(self) -> bool:
        """Whether a later try may do: the other side is not there yet, or serves somebody else."""
        return not self.began and any(w in self.message.lower() for w in _LATER)


@dataclass(frozen=True, slots=True)
class Stream:
    """One test, all its streams together. received: bit/s at the receiver; retransmits: None when not counted.

    sent: bit/s at the sender. seconds: measured, without what was left out. reverse: whether the server sent, None when
    not told. caller: the client's address as the server saw it, "" in what a client wrote. streams: None when not told.
    """

    received: float
    sent: float
    retransmits: int | None
    seconds: float
    version: str
    reverse: bool | None = None
    caller: str = ""
    streams: int | None = None

    @property
    def rate(self) -> float:
        """bit/s as far as this side knows: a server that sent is not told what arrived."""
        return self.sent if self.caller and self.reverse else self.received

    def require(self, runtime: float, streams: int) -> None:
        """ToolFailed unless the test was the one that was asked for."""
        cover.require("iperf3", "measured", self.seconds, runtime, "s", _LAG)
        if self.streams not in (None, streams):
            raise IperfError(f"iperf3 ran {self.streams} of {streams} streams", hint=_BY_HAND, began=True)


def parse(text: str) -> Stream:
    """The totals of one test; raises IperfError for an error, a cut text, or a test that moved nothing."""
    try:
        data = json.loads(text[text.find("{") :])
    except ValueError:
        raise IperfError(f"iperf3 wrote no JSON: {text.strip()[:200]!r}", hint=_BY_HAND) from None
    try:
        return _stream(data)
    except (KeyError, TypeError, ValueError, AttributeError) as odd:
        raise IperfError(f"iperf3's JSON has another shape than known: {odd!r}") from odd


def _stream(data: Any) -> Stream:
    start, began = data["start"], bool(data.get("intervals"))
    caller = str(start.get("accepted_connection", {}).get("host", ""))
    if data.get("error"):
        raise IperfError(
            f"iperf3: {data['error']}", hint="see that the peer runs and is reachable on that port", began=began,
            caller=caller,
        )  # fmt: skip
    received, sent, test = data["end"]["sum_received"], data["end"]["sum_sent"], start.get("test_start", {})
    found = Stream(
        received=_rate(received),
        sent=_rate(sent),
        retransmits=sent.get("retransmits"),
        seconds=min(float(received["seconds"]), float(sent["seconds"])),
        version=str(start["version"]),
        reverse=bool(test["reverse"]) if "reverse" in test else None,
        caller=caller,
        streams=len(data["end"]["streams"]) if "streams" in data["end"] else None,
    )
    if not found.seconds > 0:
        raise IperfError("iperf3 measured for no time at all", hint=_BY_HAND)
    _sums(data, received, sent)
    # A server is not told the other side's part, which is 0. What was on the way when counting began arrives as well.
    if 0 < found.sent < found.received * _MORE:
        raise IperfError(f"iperf3 reports {found.received:.4g} bit/s received of {found.sent:.4g} sent", hint=_BY_HAND)
    return found


def _rate(total: Any) -> float:
    """bit/s, which must be what the bytes and the seconds beside it make."""
    rate, moved, seconds = (float(total[key]) for key in ("bits_per_second", "bytes", "seconds"))
    made = moved * 8 / seconds if seconds > 0 else 0.0
    if not (0 <= rate < math.inf and math.isclose(rate, made, rel_tol=_CLOSE, abs_tol=1.0)):
        raise IperfError(f"iperf3 reports {rate:.4g} bit/s where its bytes make {made:.4g}", hint=_BY_HAND)
    return rate


def _sums(data: Any, received: Any, sent: Any) -> None:
    """Its streams make its totals, and its intervals, without those left out, what this side sent or received."""
    for total, way in ((sent, "sender"), (received, "receiver")):
        parts = [float(s[way]["bytes"]) for s in data["end"].get("streams", ()) if way in s]
        if parts and not _makes(sum(parts), [total]):
            raise _disagree("streams", sum(parts), [total])
    every = [i["sum"] for i in data.get("intervals", ()) if "sum" in i]
    counted = sum(float(i["bytes"]) for i in every if not i.get("omitted"))
    if every and not _makes(counted, [sent, received]):
        raise _disagree("intervals", counted, [sent, received])


def _makes(parts: float, totals: list[Any]) -> bool:
    return any(math.isclose(parts, float(t["bytes"]), rel_tol=_CLOSE) for t in totals)


def _disagree(what: str, parts: float, totals: list[Any]) -> IperfError:
    whole = " or ".join(f"{float(t['bytes']):.4g}" for t in totals)
    return IperfError(f"iperf3's {what} moved {parts:.4g} bytes, and its totals are {whole}", hint=_BY_HAND)


def total(streams: Iterable[Stream]) -> Stream:
    """Several processes that ran at once, as one."""
    found = list(streams)
    counted = [s.retransmits for s in found if s.retransmits is not None]
    return Stream(
        received=sum(s.received for s in found),
        sent=sum(s.sent for s in found),
        retransmits=sum(counted) if counted else None,
        seconds=min(s.seconds for s in found),
        version=found[0].version,
        reverse=found[0].reverse,
        caller=found[0].caller,
    )
