"""Requests to one BMC: JSON out, or an error of this room. Reading and acting go through this one client.

No redirect leaves the BMC, no link leads to another host: a credential cannot be carried away. At most four requests
are in flight, since BMCs crash under more. 500 is not retried (it would cost half a minute a subtree). A read of a busy
BMC, or one whose connection broke off, gets one more chance; a write never does, because it may have been done. Who was
not let in (some BMCs answer 401 for no reason, a session runs out) is asked again: nothing was done then, so that this
holds for a write, too. Every write has a connection of its own: one that was kept may be closed already, and nobody
could tell then whether the BMC saw the write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, Unreachable
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.client import paths, refusals
from metalctl.bmc.redfish.client.access import Access
from metalctl.bmc.redfish.client.session import Login, basic
from metalctl.bmc.redfish.client.transport import Pin, Response, Transport
from metalctl.bmc.redfish.schema.body import Resource, decode
from metalctl.bmc.tls import authority

__all__ = ["IN_FLIGHT", "Client", "Resource", "Response"]

IN_FLIGHT = 4
RETRY_AFTER = 0.5
TROUBLE = 8
_HOPS = 4
_MOVED = frozenset({301, 302, 307, 308})
_ACCEPT = {"Accept": "application/json", "OData-Version": "4.0"}


class _Ask(NamedTuple):
    """One request. patience: how many times the usual seconds it may take. alone: see Transport."""

    method: str
    path: str
    headers: Mapping[str, str]
    json: object = None
    patience: float = 1.0
    alone: bool = False


class Client:
    """One BMC. Without a credential until `login` or `access.enter` was called; `close` logs out.

    timeout: seconds a request. authorities: PEM file of the CAs that must have signed the certificate, None for the
    endpoint's; without any it is pinned (recording it on first use). in_flight: requests at a time. deadline: time of
    the loop after which nothing is asked. quirks: what this BMC wants, as far as it is known.
    gate: called with the path when it is a request's turn; it raises BmcError when that is not to be sent any more.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        timeout: float,
        *,
        authorities: Path | None = None,
        in_flight: int = IN_FLIGHT,
        deadline: float | None = None,
        carrier: Transport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        authorities = authorities or endpoint.authorities
        self.deadline = deadline
        self.gate: Callable[[str], None] | None = None
        self.quirks = Quirks()
        pinned = endpoint.fingerprint or authorities is None
        self._pin = Pin(endpoint.fingerprint) if pinned else None
        self.transport = carrier or Transport(endpoint, self._pin or authority(authorities or Path()), in_flight)
        self._slots = asyncio.Semaphore(in_flight)
        self._sleep = sleep
        self.access = Access(endpoint, self.once)
        self._secrets: list[str] = []
        self._trouble = 0

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint, with the fingerprint that was recorded once something has been asked."""
        if self._pin is None or self._pin.recorded == self._endpoint.fingerprint:
            return self._endpoint
        return replace(self._endpoint, fingerprint=self._pin.recorded)

    async def login(self, credential: Credential, root: Resource, path: str) -> Resource:
        """Log in (by session where `root` offers it, else Basic) and prove it by reading `path`.

        A refusal is remembered, the credential is dropped, and WrongPassword is raised.
        """
        return self.decoded(path, await self.login_conditional(credential, root, path))

    async def login_conditional(
        self, credential: Credential, root: Resource | None, path: str, etag: str = ""
    ) -> Response:
        """The same with an ETag, see `get_answer`; root: see `enter`."""
        try:
            await self.access.enter(credential, root)
            answer = await self.get_answer(path, etag)
        except BmcError:
            self.access.drop()
            raise
        self.access.trust()
        return answer

    async def login_learning(self, credential: Credential, root: Resource, path: str) -> tuple[Resource, bool]:
        """The same as `login`, and whether the credential is accepted without a session, too.

        That is asked only once a session has shown that it is good: it costs nothing unless the answer is no.
        """
        await self.access.enter(credential, root)
        if not self.access.by_session:
            return await self.login(credential, {}, path), True
        answer = await self.once("GET", path, login=basic(credential))
        if answer.status == 200:
            return self.decoded(path, answer), True
        return await self.get(path), False

    async def close(self) -> None:
        """Log out and close the connections."""
        self.deadline = self.gate = None
        try:
            await self.access.leave()
        finally:
            await self.transport.close()

    async def get(self, path: str, patience: float = 1.0) -> Resource:
        """The resource at `path`, on this BMC (a fragment is ignored); raises Missing, Busy, BadAnswer, Unreachable.

        patience: how many times the usual seconds it may take.
        """
        return self.decoded(path, await self.get_answer(path, patience=patience))

    async def get_answer(self, path: str, etag: str = "", patience: float = 1.0) -> Response:
        """The answer of 2xx, or of 304 when `etag` is still that of the resource; else raises as `get`."""
        headers, moved = {"If-None-Match": etag} if etag else {}, ""
        for _ in range(_HOPS):
            answer = await self._let_in(_Ask("GET", path, headers, patience=patience))
            if answer.status not in _MOVED or not (location := answer.headers.get("Location")):
                break
            path = moved = paths.of_location(self._endpoint, path, location)
        if answer.good or (answer.status == 304 and etag):
            return replace(answer, moved=moved) if moved else answer
        raise self.refusal("GET", path, answer)

    async def send(
        self, method: str, path: str, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A POST, PATCH, PUT or DELETE, never redirected; the answer of 2xx. Raises as `get`, or Unsupported."""
        answer = await self._let_in(_Ask(method, path, headers or {}, json, alone=True))
        if not answer.good:
            raise self.refusal(method, path, answer)
        return answer

    async def once(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        login: Login | None = None,
        patience: float = 1.0,
        alone: bool = False,
    ) -> Response:
        """The answer, whatever it is, to one request as who `login` says (None: nobody). alone: see Transport."""
        return await self._exchange(_Ask(method, path, {}, json, patience, alone), login)

    async def get_open(self, path: str) -> Resource:
        """The resource as anybody sees it, asked once and over a new connection: one that was kept proves nothing."""
        answer = await self.once("GET", path, alone=True)
        if not answer.good:
            raise self.refusal("GET", path, answer)
        return self.decoded(path, answer)

    @contextmanager
    def hiding(self, secret: str) -> Iterator[None]:
        """Cut a secret out of what the BMC says: some repeat the value that they refuse."""
        self._secrets.append(secret)
        try:
            yield
        finally:
            self._secrets.remove(secret)

    def decoded(self, path: str, answer: Response) -> Resource:
        """The JSON object of an answer; raises BadAnswer."""
        return decode(str(self._endpoint), path, answer.body, answer.headers.get("Content-Type", ""))

    async def _let_in(self, ask: _Ask) -> Response:
        """One request, and another one where that may help and does no harm."""
        tries = 0
        while True:
            used = self.access.login
            answer = await self._tried(ask, tries)
            if answer is not None and not self._worth_repeating(ask, answer.status, used, tries):
                self._trouble = 0
                return answer
            tries, self._trouble = tries + 1, self._trouble + 1
            await self._sleep(RETRY_AFTER)
            if answer is not None and answer.status == 401 and used is not None and used.path:
                await self.access.again(used)

    async def _tried(self, ask: _Ask, tries: int) -> Response | None:
        """The answer, None when the connection broke off and that may be tried again."""
        try:
            return await self._exchange(ask, self.access.login)
        except Unreachable as error:
            last = tries or error.fields.get("timed_out") or not self.access.trusted or self._trouble >= TROUBLE
            if last or ask.method != "GET":
                raise
            return None

    def _worth_repeating(self, ask: _Ask, status: int, used: Login | None, tries: int) -> bool:
        if self._trouble >= TROUBLE:
            return False
        if status == 401:
            ran_out = used is not None and bool(used.path)
            return self.access.trusted and tries < max(int(ran_out), self.quirks.spurious_401)
        return ask.method == "GET" and status in refusals.BUSY and not tries

    async def _exchange(self, ask: _Ask, login: Login | None) -> Response:
        target = paths.target(self._endpoint, ask.path)
        sent = {**_ACCEPT, **(login.headers if login else {}), **ask.headers}
        async with self._slots:
            if self.gate:
                self.gate(ask.path)
            seconds = refusals.within(self._endpoint, self._timeout * ask.patience, self.deadline)
            return await self.transport.exchange(ask.method, target, sent, seconds, ask.json, ask.alone)

    def refusal(self, method: str, path: str, answer: Response) -> BmcError:
        """The error for an answer that is no success; a refused login is remembered."""
        told = refusals.said(answer.body, [*self._secrets, *self.access.secrets])
        refused = self.access.refused(answer.status, told)
        return refused or refusals.of(self._endpoint, method, path, answer.status, told, self.quirks)
