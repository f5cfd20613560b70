"""Faults of reads: answers that come late, broken, or not at all."""

from __future__ import annotations

import json

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Request, Response, dump, refusal
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.faults.base import Fault

_THIRD = 3


class Slow(Fault, name="slow"):
    """Every answer takes longer (default 2 s on top of the latency): slow:5 is five seconds.

    A full scrape takes 25–55 s on real iDRACs.
    """

    default = "2"
    numeric = True

    def after(self, request: Request, answer: Response) -> Response:
        answer.delay += float(self.parameter)
        return answer


class DroppedConnection(Fault, name="dropped-connection"):
    """Every so many requests (default each 7th) the connection is closed without an answer."""

    default = "7"
    numeric = True
    seen = 0

    def before(self, request: Request) -> Response | None:
        self.seen += 1
        return Response(drop=True) if self.seen % max(1, int(float(self.parameter))) == 0 else None


class UnauthorizedOnce(Fault, name="unauthorized-once"):
    """One request with a valid credential or token is refused with 401, all others are served, as iLO does at times."""

    seen = 0

    def after(self, request: Request, answer: Response) -> Response:
        """The third request that is let in; the login itself is not hit."""
        if answer.status >= 400 or not (request.header(b"authorization") or request.header(b"x-auth-token")):
            return answer
        self.seen += 1
        return refusal(401, "NoValidSession", "There is no valid session.") if self.seen == _THIRD else answer


class ExpandLies(Fault, name="expand-lies"):
    """$expand is advertised and not honoured: the members come as mere links."""

    def before(self, request: Request) -> Response | None:
        if "expand" in request.query:
            request.query = ""
        return None


class Subtree(Fault):
    """A fault of the reads of one part of the tree; the parameter is a piece of the path."""

    def before(self, request: Request) -> Response | None:
        """The fault's own answer to reads of that part."""
        return self.instead(request) if self._hits(request) else None

    def after(self, request: Request, answer: Response) -> Response:
        """The broken form of what was to be answered."""
        if self._hits(request) and answer.status == 200:
            answer.body = self.spoilt(request, answer.body)
        return answer

    def instead(self, request: Request) -> Response | None:
        """The answer in place of the BMC's; None leaves it."""
        return None

    def spoilt(self, request: Request, body: bytes) -> bytes:
        """What becomes of the body of a good answer."""
        return body

    def _hits(self, request: Request) -> bool:
        return request.method == "GET" and self.parameter.lower() in request.path.lower()


class Subtree500(Subtree, name="subtree-500"):
    """One subtree (default /Storage) answers HTTP 500 to every read, the rest is well.

    It must cost that subtree, not the inventory, and not 30 s of retries.
    """

    default = "/Storage"

    def instead(self, request: Request) -> Response | None:
        return refusal(500, "InternalError", "The request failed due to an internal error.")


class RedirectOffHost(Subtree, name="redirect-off-host"):
    """One subtree (default /Chassis) redirects to another host, where a credential must never go."""

    default = "/Chassis"

    def instead(self, request: Request) -> Response | None:
        """The other host is on loopback, and nothing listens there."""
        return Response(302, headers=(("Location", f"https://127.66.66.66:9{request.path}"),))


class WrongContentType(Subtree, name="wrong-content-type"):
    """One subtree (default /Processors) answers 200 with an HTML page."""

    default = "/Processors"

    def instead(self, request: Request) -> Response | None:
        page = b"<html><body>Please enable JavaScript to use this BMC.</body></html>"
        return Response(200, page, content_type="text/html")


class EndlessStream(Subtree, name="endless-stream"):
    """One subtree (default /FirmwareInventory) answers with a body that never ends."""

    default = "/FirmwareInventory"

    def instead(self, request: Request) -> Response | None:
        return Response(200, endless=True)


class GarbageJson(Subtree, name="garbage-json"):
    """One subtree (default /Memory) answers 200 with half of its JSON."""

    default = "/Memory"

    def spoilt(self, request: Request, body: bytes) -> bytes:
        return body[: max(1, len(body) // 2)]


class NextlinkCycle(Subtree, name="nextlink-cycle"):
    """The collections of one subtree (default /Memory) name themselves as their next page."""

    default = "/Memory"

    def spoilt(self, request: Request, body: bytes) -> bytes:
        found = json.loads(body)
        listed = isinstance(found.get("Members"), list)
        return dump({**found, "Members@odata.nextLink": request.path}) if listed else body


class LastMember(Fault):
    """The last member of one list of each system; the parameter is the list's path below the system."""

    default = "/Memory"

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        for system in bmc.systems():
            if members := bmc.members(f"{system}{self.parameter}"):
                self.lose(members[-1])

    def lose(self, path: str) -> None:
        """What happens to it."""
        raise NotImplementedError


class Member404(LastMember, name="member-404"):
    """The last member of a list (default /Memory) is listed, and answers HTTP 404."""

    def lose(self, path: str) -> None:
        self.bmc.remove(path)


class MemberError200(LastMember, name="member-error-200"):
    """The last member of a list (default /Processors) answers HTTP 200 with an error instead of itself."""

    default = "/Processors"

    def lose(self, path: str) -> None:
        self.bmc.put(path, {"error": {"code": "Base.1.8.GeneralError", "message": "The request failed."}})
