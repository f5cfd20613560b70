"""One request with a valid credential or token is refused with 401, all others are served, as iLO does at times."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, refusal

_AT = 3


class Broken(Fault):
    """The third request that is let in; the login itself is not hit."""

    seen = 0

    def after(self, request: Request, answer: Answer) -> Answer:
        """401 in place of the third answer."""
        if answer.status >= 400 or not (request.header(b"authorization") or request.header(b"x-auth-token")):
            return answer
        self.seen += 1
        return refusal(401, "NoValidSession", "There is no valid session.") if self.seen == _AT else answer
