"""How a replayed BMC behaves otherwise than its tree: faults of single paths, counts, and what it is bad at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from metalctl.lab.bmc.auth import OPEN, Auth
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Request, Response, dump, refusal


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one path: an HTTP status, another body, seconds of silence first, a redirect.

    kind: content type of the body. endless: the body is sent again and again. times: how often it happens, 0: always.
    drop: the connection is closed instead of an answer.
    """

    status: int = 200
    body: str | None = None
    delay: float = 0.0
    location: str = ""
    kind: str = "text/plain"
    endless: bool = False
    times: int = 0
    drop: bool = False

    def answer(self) -> Response | None:
        """In place of the BMC's; None when that only comes later."""
        if self.status == 200 and self.body is None and not self.drop and not self.endless:
            return None
        headers = (("Location", self.location),) if self.location else ()
        kind = "application/json" if self.endless else f"{self.kind}; charset=utf-8"
        body = (self.body or ("[" if self.endless else "")).encode()
        return Response(self.status, body, "", headers, kind, self.delay, self.drop, self.endless)


class Script:
    """A `metalctl.lab.bmc.bmc.Disturbance`. faults: path → what happens to requests for it.

    requests: by (method, path); authorized: those with a credential or a token; basics: those with the password itself;
    opened: sessions that were, ever. obeys: whether changes are carried out, and not only accepted. basic: whether the
    password itself is accepted. etags: whether there are any. broken: the path on which $expand is answered with 500.
    expansion: what becomes of an expanded resource.
    """

    name = "replay"

    def __init__(self, bmc: Bmc, allow: Mapping[str, str]) -> None:
        self._bmc, self._allow, self._late = bmc, dict(allow), 0.0
        bmc.faults = (self,)
        self.faults: dict[str, Fault] = {}
        self.requests: Counter[tuple[str, str]] = Counter()
        self.authorized = self.basics = self.opened = self.asked_to_expand = 0
        self.obeys = self.basic = self.etags = True
        self.broken = ""
        self.expansion: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def sessions(self) -> dict[str, str]:
        """Path → token of those that are open now."""
        return {session.path: token for token, session in self._bmc.auth.sessions.items()}

    def log_all_out(self) -> None:
        self._bmc.auth.forget_sessions()

    def change(self, **settings: Any) -> None:
        """Other settings (`expand`, `sessions`, `password`) from now on; sessions that are open stay."""
        self._bmc.settings, sessions = replace(self._bmc.settings, **settings), self._bmc.auth.sessions
        self._bmc.auth = Auth(self._bmc)
        self._bmc.auth.sessions = sessions

    def before(self, request: Request) -> Response | None:
        """Counts; then the fault of its path, once the BMC let it in."""
        path, given = unquote(request.path), request.header(b"authorization")
        self.requests[request.method, path] += 1
        self.authorized += bool(given or request.header(b"x-auth-token"))
        self.basics += bool(given)
        login = request.method == "POST" and path == self._bmc.auth.collection
        if path not in OPEN and not login and (refused := self._refused(request, given)):
            return refused
        if fault := self.faults.get(path):
            if fault.times and self.requests[request.method, path] >= fault.times:
                del self.faults[path]
            self._late = fault.delay
            return fault.answer()
        return None if login else self._behaviour(request, path)

    def after(self, request: Request, answer: Response) -> Response:
        """What is told with the BMC's own answer."""
        answer.delay, self._late = answer.delay + self._late, 0.0
        self.opened += answer.status == 201 and any(name == "X-Auth-Token" for name, _ in answer.headers)
        if (path := unquote(request.path)) in self._allow:
            answer.headers = (*answer.headers, ("Allow", self._allow[path]))
        if self.expansion and "$expand" in unquote(request.query) and answer.status == 200:
            answer.body = dump(self.expansion(json.loads(answer.body)))
        answer.etag = answer.etag if self.etags else ""
        return answer

    def _refused(self, request: Request, given: str) -> Response | None:
        if given and not self.basic and not request.header(b"x-auth-token"):
            return refusal(401, "NoValidSession", "Open a session.")
        return self._bmc.auth.refuses(request)

    def _behaviour(self, request: Request, path: str) -> Response | None:
        if request.method in ("POST", "PATCH") and not self.obeys:
            return Response(204)
        if "$expand" in unquote(request.query):
            self.asked_to_expand += 1
            if path == self.broken:
                return refusal(500, "InternalError", "The request failed due to an internal error.")
        return None
