"""The fake of the BMC room: a BMC in memory that behaves, and rules by which it misbehaves. Nothing is sent.

    bmc = FakeBmc()                                        # a system, a manager, a chassis, accounts, media, a log
    bmc.rules.append(refuse("PATCH", SYSTEM, 428))         # asked first; a rule that answers None lets it through
    bios.write(bmc.wire(Quirks(bios_at="/SD")), {"Vt": "On"})
    assert bmc.sent[-1].body == {"Attributes": {"Vt": "On"}}

Time is `bmc.clock`: sleeping passes it at once. Power, boot override, media, BIOS settings (pending until the machine
starts), LED, log, clock, reset of the BMC, accounts and sessions really change the tree.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Coroutine, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import Unreachable
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act.users import RedfishUsers
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.http import Client, Response
from metalctl.bmc.timing import Clock
from tests.unit.bmc.fake_tree import BIOS, LOG, MANAGER, ROOT, SETTINGS, SYSTEM, USERS, tree

ADMIN = Credential("admin", "factory-1")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it came."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    at: float = 0.0
    alone: bool = False


Rule = Callable[[Sent], Response | None]
ENDPOINT = Endpoint("192.0.2.1", fingerprint="ab" * 32)


def reply(status: int, headers: Mapping[str, str] | None = None, body: Any = None) -> Response:
    """An answer. body: anything as JSON, None for none."""
    return Response(status, CIMultiDict(headers or {}), b"" if body is None else json.dumps(body).encode())


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """The outcome of what never waits, which needs no loop."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def refuse(method: str, path: str, status: int, message: str = "", times: int = 10**9) -> Rule:
    """A rule that refuses a request so often. message: its MessageId."""
    left = [times]

    def rule(sent: Sent) -> Response | None:
        if (sent.method, sent.path) != (method, path) or not left[0]:
            return None
        left[0] -= 1
        return error(status, message)

    return rule


def error(status: int, message: str = "", *arguments: str) -> Response:
    """A refusal as Redfish words it."""
    row = {"MessageId": message, "Message": message, "MessageArgs": list(arguments)}
    return reply(status, {}, {"error": {"@Message.ExtendedInfo": [row]}} if message else {})


def deaf(bmc: FakeBmc, method: str) -> FakeBmc:
    """It accepts everything of that method and does nothing."""
    bmc.rules.append(lambda s: reply(204) if s.method == method else None)
    return bmc


class FakeBmc:
    """A Carrier. sent: every request. rules: asked in order before the BMC itself. away_until: it does not answer."""

    def __init__(self) -> None:
        self.tree = tree()
        self.requests = 0
        self.sent: list[Sent] = []
        self.rules: list[Rule] = []
        self.passwords = {ADMIN.username: ADMIN.password}
        self.sessions: dict[str, str] = {}
        self.pending: dict[str, Any] = {}
        self.away_until = 0.0
        self.restart = (5.0, 100.0)  # seconds after the command: when it goes, when it is back
        self._gone: tuple[float, float] | None = None
        self._now = 1000.0
        self.clock = Clock(lambda: self._now, self._sleep, lambda: 1_700_000_000.0 + self._now)

    def _sleep(self, seconds: float) -> None:
        self._now += seconds

    def wire(self, quirks: Quirks | None = None, credential: Credential = ADMIN) -> Wire:
        """A wire to this BMC, of who has logged in without a session."""
        client = self.client()
        client.quirks = quirks or Quirks()
        run(client.access.enter(credential, None))
        client.access.trust()
        return Wire(client, run, SYSTEM, self.clock)

    def client(self, endpoint: Endpoint = ENDPOINT) -> Client:
        """One that nobody has logged in with."""
        return Client(endpoint, 60.0, carrier=self, sleep=self._pause)

    def users(self, quirks: Quirks | None = None, endpoint: Endpoint = ENDPOINT) -> RedfishUsers:
        """Its accounts."""
        known = quirks or Quirks()
        return RedfishUsers(lambda: self.client(endpoint), run, endpoint, self.tree[ROOT], known, self.clock)

    def bodies(self, method: str, path: str = "") -> list[Any]:
        """What was sent by a method, to a path."""
        return [one.body for one in self.sent if one.method == method and path in ("", one.path)]

    async def _pause(self, seconds: float) -> None:
        self._now += seconds

    async def close(self) -> None:
        """See Transport."""

    async def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        timeout: float,
        json: object = None,
        alone: bool = False,
    ) -> Response:
        """See Transport."""
        path, self.requests = target.rstrip("/"), self.requests + 1
        sent = Sent(method, path, deepcopy(json), dict(headers), self._now, alone)
        self.sent.append(sent)
        if self._gone and self._gone[0] <= self._now < self._gone[1]:
            raise Unreachable("bmc did not answer")
        for rule in self.rules:
            if (answer := rule(sent)) is not None:
                return answer
        if path != ROOT and not self._knows(sent):
            return error(401, "Base.1.0.AccessDenied")
        return self._answer(sent)

    def _knows(self, sent: Sent) -> bool:
        if sent.headers.get("X-Auth-Token") in self.sessions.values() or sent.path == f"{ROOT}/Sessions":
            return True
        try:
            given = base64.b64decode(sent.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        except ValueError:
            return False
        name, _, password = given.partition(":")
        return self._may_enter(name, password)

    def _may_enter(self, name: str, password: str) -> bool:
        account = next((a for p, a in self.tree.items() if p.startswith(f"{USERS}/") and a["UserName"] == name), None)
        return bool(account and account["Enabled"] and self.passwords.get(name) == password)

    def _answer(self, sent: Sent) -> Response:
        if sent.method == "POST" and (answer := self._post(sent)):
            return answer
        if sent.path not in self.tree:
            return error(404, "Base.1.0.ResourceMissingAtURI")
        if sent.method == "GET":
            return reply(200, {"etag": self.tag(sent.path)}, deepcopy(self.tree[sent.path]))
        if sent.method == "DELETE":
            return self._delete(sent.path)
        if sent.method != "PATCH":
            return error(405)
        if (given := sent.headers.get("If-Match")) and given not in (self.tag(sent.path), "*"):
            return error(412, "Base.1.0.PreconditionFailed")
        self._patch(sent.path, sent.body)
        return reply(204)

    def tag(self, path: str) -> str:
        """The ETag of a resource as it is now."""
        return f'W/"{abs(hash(json.dumps(self.tree[path], sort_keys=True))):x}"'

    def _patch(self, path: str, body: dict[str, Any]) -> None:
        if path in (SETTINGS, f"{BIOS}/SD"):
            self.pending |= body["Attributes"]
            return
        if "Password" in body:
            self.passwords[body.get("UserName") or self.tree[path]["UserName"]] = body["Password"]
            body = {name: value for name, value in body.items() if name != "Password"}
        _merge(self.tree[path], body)

    def _delete(self, path: str) -> Response:
        self.sessions.pop(path, None)
        self.tree.pop(path)
        for collection in self.tree.values():
            if isinstance(collection.get("Members"), list):
                collection["Members"] = [m for m in collection["Members"] if m != {"@odata.id": path}]
        return reply(204)

    def _post(self, sent: Sent) -> Response | None:
        thing, _, action = sent.path.partition("/Actions/")
        handler = {
            "ComputerSystem.Reset": self._power,
            "Manager.Reset": self._restart,
            "VirtualMedia.InsertMedia": self._insert,
            "VirtualMedia.EjectMedia": self._insert,
            "LogService.ClearLog": self._clear,
        }.get(action)
        if handler:
            handler(thing, sent.body)
            return reply(204)
        if sent.path == f"{ROOT}/Sessions":
            return self._log_in(sent.body)
        return self._add(sent.body) if sent.path == USERS else None

    def _power(self, system: str, body: dict[str, Any]) -> None:
        on = body["ResetType"] not in ("ForceOff", "GracefulShutdown")
        self.tree[system]["PowerState"] = "On" if on else "Off"
        if on and body["ResetType"] != "Nmi":
            self.tree[BIOS]["Attributes"] |= self.pending
            self.pending = {}
            secure = self.tree[f"{SYSTEM}/SecureBoot"]
            secure["SecureBootCurrentBoot"] = "Enabled" if secure["SecureBootEnable"] else "Disabled"

    def _restart(self, manager: str, body: dict[str, Any]) -> None:
        self._gone = (self._now + self.restart[0], self._now + self.restart[1])

    def _insert(self, slot: str, body: dict[str, Any]) -> None:
        image = (body or {}).get("Image")
        self.tree[slot] |= {"Image": image, "Inserted": bool(image)}

    def _clear(self, log: str, body: dict[str, Any]) -> None:
        for path in [p for p in self.tree if p.startswith(f"{log}/Entries/")]:
            del self.tree[path]
        self.tree[f"{LOG}/Entries"] = {"Members": [], "Members@odata.count": 0}

    def _log_in(self, body: dict[str, Any]) -> Response:
        if not self._may_enter(body["UserName"], body["Password"]):
            return error(401, "Base.1.0.AccessDenied")
        path = f"{ROOT}/Sessions/{len(self.sessions) + 1}"
        self.sessions[path] = f"token-{len(self.sessions) + 1}"
        self.tree[path] = {"UserName": body["UserName"]}
        return reply(201, {"x-auth-token": self.sessions[path], "location": path})

    def _add(self, body: dict[str, Any]) -> Response:
        path = f"{USERS}/{body['UserName']}"
        self.passwords[body["UserName"]] = body["Password"]
        self.tree[path] = {"Id": "9", "UserName": body["UserName"], "Enabled": True}
        self.tree[USERS]["Members"].append({"@odata.id": path})
        return reply(201)


def _merge(into: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


__all__ = [
    "ADMIN",
    "BIOS",
    "LOG",
    "MANAGER",
    "ROOT",
    "SETTINGS",
    "SYSTEM",
    "USERS",
    "FakeBmc",
    "Sent",
    "deaf",
    "error",
    "refuse",
    "reply",
    "run",
]
