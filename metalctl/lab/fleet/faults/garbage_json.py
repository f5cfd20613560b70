"""One subtree (default /Memory) answers 200 with half of its JSON."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request


class Broken(Subtree):
    """The parameter is a piece of the path."""

    default = "/Memory"

    def after(self, request: Request, answer: Answer) -> Answer:
        """The first half."""
        if self.hits(request) and answer.status == 200:
            answer.body = answer.body[: max(1, len(answer.body) // 2)]
        return answer
