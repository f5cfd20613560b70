"""Reading and writing resources for actions: the quirks decide about ETags, patience and refusals that are none.

A path that leads off the BMC is refused before anything is sent. A read that broke off is tried once more. A write is
tried again while the BMC says that it is busy, never when it may have been done: a lost answer is an Unreachable, and
who called looks what became of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from metalctl.bmc.endpoint import Credential
from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Missing, Unreachable, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act.access import Access, Basic, Token
from metalctl.bmc.redfish.act.hiding import without
from metalctl.bmc.redfish.act.link import Link, Reply
from metalctl.bmc.redfish.act.refusals import refusal
from metalctl.bmc.redfish.refusals import same_origin
from metalctl.bmc.redfish.values import child, items, link
from metalctl.bmc.timing import REAL, Clock

Resource = dict[str, Any]
PAUSE = 2.0
_HEADERS = {"Accept": "application/json", "OData-Version": "4.0"}
_MOVED = frozenset({301, 302, 307, 308})
T = TypeVar("T")


class Wire:
    """The requests of one action. name: of the BMC, for people. system: path of the system it is about.

    who: a login that somebody else keeps and closes, or a credential for Basic authentication. origin: scheme, host and
    port of the BMC; links that name these are links on it.
    """

    def __init__(
        self,
        link: Link,
        name: str,
        who: Access | Credential,
        quirks: Quirks,
        system: str,
        clock: Clock = REAL,
        origin: str = "",
    ) -> None:
        self.name = name
        self.quirks = quirks
        self.system_path = system
        self.clock = clock
        self._link, self._origin = link, origin
        self._secrets: list[str] = []
        self._access: Access = Basic(who) if isinstance(who, Credential) else who

    def get(self, path: str) -> Resource:
        """The resource. Raises Missing, Busy, BadAnswer, Unreachable."""
        return self._patient(lambda: self._get(path)[0], self.quirks.busy_lasts)

    def get_open(self, path: str) -> Resource:
        """The resource, asked once and without a credential."""
        reply = self._link.request("GET", self.own(path), {"Accept": "application/json"}, None)
        if reply.status >= 300:
            raise refusal(self.name, "GET", path, reply, self.quirks)
        return dict(reply.body)

    def log_in(self, path: str, credential: Credential) -> str:
        """Use a session instead of sending the password each time; its path. Raises Missing where there is none."""
        with self.hiding(credential.password):
            body = {"UserName": credential.username, "Password": credential.password}
            reply = self._send("POST", path, body, {}, anonymous=True)
        token, where = reply.headers.get("x-auth-token", ""), urlsplit(reply.headers.get("location", "")).path
        if not token:
            raise Missing(f"{self.name} gives no session", hint="basic authentication is used")
        self._access = Token(token)
        return where or str(reply.body.get("@odata.id", ""))

    def log_out(self, path: str) -> None:
        """Close the session at `path`. A BMC that refuses that is asked once more: it has few sessions to lose."""
        for _ in range(2):
            with suppress(BmcError):
                self._send("DELETE", path, None, {})
                return

    def forgive(self) -> None:
        """See Access."""
        self._access.forgive()

    @contextmanager
    def hiding(self, secret: str) -> Iterator[None]:
        """Cut a secret out of what the BMC says: some repeat the value that they refuse."""
        self._secrets.append(secret)
        try:
            yield
        finally:
            self._secrets.remove(secret)

    def system(self) -> Resource:
        """The system, read now."""
        return self.get(self.system_path)

    def managers(self) -> list[str]:
        """Paths of the managers of the system, as it links to them."""
        rows = items(child(self.system(), "Links"), "ManagedBy")
        return [path for row in rows if (path := link({"x": row}, "x"))]

    def manager(self) -> Resource:
        """The first manager of the system, {} when it cannot be read."""
        try:
            return next((self.get(path) for path in self.managers()), {})
        except BmcError:
            return {}

    def post(self, path: str, body: Mapping[str, Any], patient: bool = True) -> Reply:
        """An action. patient: try again while the BMC is busy (off where the caller does so itself)."""
        return self._patient(lambda: self._send("POST", path, body, {}), self.quirks.busy_lasts if patient else 0.0)

    def delete(self, path: str) -> Reply:
        """Remove what is at `path`."""
        return self._patient(lambda: self._send("DELETE", path, None, {}), self.quirks.busy_lasts)

    def patch(self, path: str, body: Mapping[str, Any], wait: bool = True) -> Reply:
        """Change properties, with the If-Match that this BMC wants. wait: until the machine's state allows it."""
        if wait:
            self.wait_until_writable()
        return self._patient(lambda: self._matched(path, body), self.quirks.busy_lasts)

    def wait_until_writable(self) -> None:
        """Return once the system is in no state in which this BMC refuses writes; Busy when it stays in it."""
        deadline = self.clock.now() + self.quirks.busy_lasts
        while state := self._forbidding():
            if self.clock.now() >= deadline:
                raise Busy(f"{self.name} takes no changes while {state}", hint="wait until the machine has started")
            self.clock.sleep(PAUSE)

    def _forbidding(self) -> str:
        if not self.quirks.wait_while or not self.system_path:
            return ""
        system = self.system()
        for place, pattern in self.quirks.wait_while.items():
            *parents, last = place.split(".")
            value = str(child(system, *parents).get(last) or "")
            if value and re.search(pattern, value):
                return f"{place} is {value}"
        return ""

    def _matched(self, path: str, body: Mapping[str, Any]) -> Reply:
        """One PATCH; an ETag that was refused is fetched anew once, then tried without W/, then left out."""
        tag = ""
        with suppress(Unsupported):  # who must first change the password may not even be let read the account
            tag = "" if self.quirks.etag == "never" else self._tag(path)
        tries = [tag] if tag in ("", "*") else [tag, self._unweak(tag), ""]
        if self.quirks.etag == "required":
            tries = [one for one in tries if one] or ["*"]
        last = None
        for one in dict.fromkeys(tries):
            try:
                return self._send("PATCH", path, body, {"If-Match": one} if one else {})
            except Busy as error:
                if error.fields.get("status") not in (412, 428):
                    raise
                last = error
        assert last
        raise last

    def _tag(self, path: str) -> str:
        resource, headers = self._get(path)
        tag = headers.get("etag") or resource.get("@odata.etag")
        tag = tag.strip() if isinstance(tag, str) and tag.isprintable() else ""
        return self._unweak(tag) if self.quirks.etag == "strong" else tag

    def _unweak(self, tag: str) -> str:
        return tag.removeprefix("W/")

    def _get(self, path: str) -> tuple[Resource, Mapping[str, str]]:
        reply = self._asked(path)
        if not reply.json or not reply.body:
            raise BadAnswer(f"{self.name}: {path} is not a JSON object", hint="a reset of the BMC may mend it")
        return dict(reply.body), reply.headers

    def _asked(self, path: str) -> Reply:
        """One GET; where the connection broke off, one more."""
        try:
            return self._send("GET", path, None, {})
        except Unreachable as error:
            if error.fields.get("timed_out"):
                raise
        self.clock.sleep(PAUSE)
        return self._send("GET", path, None, {})

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        *,
        anonymous: bool = False,
    ) -> Reply:
        path = self.own(path)
        data = None if body is None else json.dumps(body).encode()
        sent = {**_HEADERS, **headers, **({} if data is None else {"Content-Type": "application/json"})}
        spurious, hops = self.quirks.spurious_401, 2 if method == "GET" else 0
        renewable = not anonymous
        while True:
            login = {} if anonymous else self._access.headers()
            reply = self._link.request(method, path, {**sent, **login}, data)
            if reply.status == 401 and spurious:
                spurious -= 1
            elif reply.status == 401 and renewable and self._access.renew():
                renewable = False  # nothing was done for who was not let in: also a write may be sent again
            elif reply.status in _MOVED and hops and (there := urlsplit(reply.headers.get("location", "")).path):
                # Whatever host it names: it is asked here, so no credential can be led away.
                hops, path = hops - 1, self.own(there)
            elif reply.status >= 300:
                raise refusal(self.name, method, path, self._clean(reply), self.quirks)
            else:
                return reply

    def _clean(self, reply: Reply) -> Reply:
        if not any(self._secrets):
            return reply
        return replace(reply, body=without(reply.body, [one for one in self._secrets if one]))

    def own(self, path: str) -> str:
        """The path, also of a whole URL that names this BMC; BadAnswer for one that leads elsewhere."""
        parts = urlsplit(path)
        if self._origin and parts.netloc and same_origin(parts, self._origin):
            parts = parts._replace(scheme="", netloc="")
            path = parts.geturl()
        if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//"):
            raise BadAnswer(f"{self.name} leads to {path[:80]!r}, which is not on it", hint="see its firmware's notes")
        return parts._replace(fragment="").geturl()

    def _patient(self, call: Callable[[], T], lasts: float) -> T:
        deadline = self.clock.now() + lasts
        while True:
            try:
                return call()
            except Busy:
                if self.clock.now() + PAUSE > deadline:
                    raise
            self.clock.sleep(PAUSE)
