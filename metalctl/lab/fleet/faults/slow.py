"""Every answer takes longer (default 2 s on top of the latency): slow:5 is five seconds.

A full scrape takes 25–55 s on real iDRACs.
"""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request


class Broken(Fault):
    """The parameter is seconds."""

    default = "2"
    numeric = True

    def after(self, request: Request, answer: Answer) -> Answer:
        """The same, later."""
        answer.delay += float(self.parameter)
        return answer
