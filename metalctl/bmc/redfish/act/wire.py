"""Reading and writing resources for actions, which block: the quirks decide about ETags and patience.

A write is tried again while the BMC says that it is busy, never when it may have been done: a lost answer is an
Unreachable, and who called looks what became of it. Everything else is the client's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from metalctl.bmc.errors import BmcError, Busy, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.client.http import Client, Resource, Response
from metalctl.bmc.redfish.schema.values import child, linked
from metalctl.bmc.timing import REAL, Clock

PAUSE = 2.0
T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine of the client to its end, such as asyncio.Runner.run."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


class Wire:
    """The requests of actions on one BMC. run: whose loop the client lives in. system: path of what it is about."""

    def __init__(self, client: Client, run: Run, system: str, clock: Clock = REAL) -> None:
        self.client, self._run = client, run
        self.system_path = system
        self.clock = clock

    @property
    def name(self) -> str:
        """The BMC, for people."""
        return str(self.client.endpoint)

    @property
    def quirks(self) -> Quirks:
        """What this BMC wants."""
        return self.client.quirks

    @quirks.setter
    def quirks(self, known: Quirks) -> None:
        self.client.quirks = known

    def get(self, path: str) -> Resource:
        """The resource. Raises Missing, Busy, BadAnswer, Unreachable."""
        return self._patient(lambda: self._run(self.client.get(path)), self.quirks.busy_lasts)

    def get_open(self, path: str) -> Resource:
        """See Client."""
        return self._run(self.client.get_open(path))

    def system(self) -> Resource:
        """The system, read now."""
        return self.get(self.system_path)

    def managers(self) -> list[str]:
        """Paths of the managers of the system, as it links to them."""
        return linked(self.system(), "Links", "ManagedBy")

    def manager(self) -> Resource:
        """The first manager of the system, {} when it cannot be read."""
        try:
            return next((self.get(path) for path in self.managers()), {})
        except BmcError:
            return {}

    def post(self, path: str, body: Mapping[str, Any], patient: bool = True) -> Response:
        """An action. patient: try again while the BMC is busy (off where the caller does so itself)."""
        return self._patient(lambda: self._send("POST", path, body), self.quirks.busy_lasts if patient else 0.0)

    def delete(self, path: str) -> Response:
        """Remove what is at `path`."""
        return self._patient(lambda: self._send("DELETE", path), self.quirks.busy_lasts)

    def patch(self, path: str, body: Mapping[str, Any], wait: bool = True) -> Response:
        """Change properties, with the If-Match that this BMC wants. wait: until the machine's state allows it."""
        if wait:
            self.wait_until_writable()
        return self._patient(lambda: self._matched(path, body), self.quirks.busy_lasts)

    def wait_until_writable(self) -> None:
        """Return once the system is in no state in which this BMC refuses writes; Busy when it stays in it."""
        if state := self.clock.until(self._forbidding, lambda state: not state, self.quirks.busy_lasts, PAUSE):
            raise Busy(f"{self.name} takes no changes while {state}", hint="wait until the machine has started")

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

    def _matched(self, path: str, body: Mapping[str, Any]) -> Response:
        """One PATCH; an ETag that was refused is fetched anew once, then tried without W/, then left out."""
        tag = ""
        with suppress(Unsupported):  # who must first change the password may not even be let read the account
            tag = "" if self.quirks.etag == "never" else self._tag(path)
        tries = [tag] if tag in ("", "*") else [tag, tag.removeprefix("W/"), ""]
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
        answer = self._run(self.client.get_answer(path))
        tag = answer.headers.get("ETag") or self.client.decoded(path, answer).get("@odata.etag")
        tag = tag.strip() if isinstance(tag, str) and tag.isprintable() else ""
        return tag.removeprefix("W/") if self.quirks.etag == "strong" else tag

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self._run(self.client.send(method, path, body, headers))

    def _patient(self, call: Callable[[], T], lasts: float) -> T:
        deadline = self.clock.now() + lasts
        while True:
            try:
                return call()
            except Busy:
                if self.clock.now() + PAUSE > deadline:
                    raise
            self.clock.sleep(PAUSE)
