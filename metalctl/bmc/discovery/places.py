"""A target that is being knocked at: what it still waits for, and what answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.protocol import Probe


@dataclass(slots=True, eq=False)
class Place:
    """One address or endpoint. waiting: questions that are still open; it is done when there are none.

    asked: over UDP already; knocked: how many of `tcp` already.
    """

    tcp: tuple[Endpoint, ...]
    udp: Endpoint | None
    waiting: int = 0
    asked: bool = False
    knocked: int = 0
    answers: list[Probe] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The address or name to knock at."""
        return (self.udp or self.tcp[0]).address

    def row(self) -> Probe | None:
        """One row a machine: Redfish first, and what else spoke; None when nothing did."""
        if not self.answers:
            return None
        order = {"redfish": 0, "ipmi": 1}
        first, *others = sorted(self.answers, key=lambda a: order.get(a.protocol, 9))
        also = tuple(dict.fromkeys(a.protocol for a in others if a.protocol != first.protocol))
        uuid = first.uuid or next((a.uuid for a in others if a.uuid), "")
        return replace(first, also=also, uuid=uuid)
