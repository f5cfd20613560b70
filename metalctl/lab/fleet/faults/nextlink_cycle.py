"""The collections of one subtree (default /Memory) name themselves as their next page."""

from __future__ import annotations

import json

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request, dump


class Broken(Subtree):
    """The parameter is a piece of the path."""

    default = "/Memory"

    def after(self, request: Request, answer: Answer) -> Answer:
        """A page that never ends."""
        if self.hits(request) and answer.status == 200:
            body = json.loads(answer.body)
            if isinstance(body.get("Members"), list):
                answer.body = dump({**body, "Members@odata.nextLink": request.path})
        return answer
