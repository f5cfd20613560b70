"""Requests to one BMC: JSON out, or an error of this room.

No redirect leaves the BMC, no link leads to another host: a credential cannot be carried away. At most four requests
are in flight, since BMCs crash under more. 500 is not retried (it would cost half a minute a subtree). A busy BMC, a
connection that breaks off, and a 401 after a good login (some BMCs say so for no reason) get one more chance; a write
never does, because it may have been done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from metalctl.bmc import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, Unreachable
from metalctl.bmc.redfish import refusals, session
from metalctl.bmc.redfish.body import Resource, decode
from metalctl.bmc.redfish.transport import Answer, Pin, Transport
from metalctl.bmc.tls import authority

__all__ = ["IN_FLIGHT", "Answer", "Client", "Resource"]

IN_FLIGHT = 4
RETRY_AFTER = 0.5
TROUBLE = 8
_MOVED = frozenset({301, 302, 307, 308})
_ACCEPT = {"Accept": "application/json", "OData-Version": "4.0"}


class Client:
    """One BMC. Without a credential until `login` was called; `close` logs out.

    timeout: seconds a request. authorities: PEM file of the CAs that must have signed the certificate, None for the
    endpoint's; without any it is pinned (recording it on first use). in_flight: requests at a time. deadline: time of
    the loop after which nothing is asked. spurious_401: how often a 401 after a good login is asked again.
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
    ) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        authorities = authorities or endpoint.authorities
        self.deadline = deadline
        self.gate: Callable[[str], None] | None = None
        pinned = endpoint.fingerprint or authorities is None
        self._pin = Pin(endpoint.fingerprint) if pinned else None
        self.transport = Transport(endpoint, self._pin or authority(authorities or Path()), in_flight)
        self._slots = asyncio.Semaphore(in_flight)
        self._login: session.Login | None = None
        self._former: list[session.Login] = []
        self._credential: Credential | None = None
        self._trusted = False
        self._logging_in = asyncio.Lock()
        self._trouble = 0
        self.spurious_401 = 1

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint, with the fingerprint that was recorded once something has been asked."""
        if self._pin is None or self._pin.recorded == self._endpoint.fingerprint:
            return self._endpoint
        return replace(self._endpoint, fingerprint=self._pin.recorded)

    @property
    def by_session(self) -> bool:
        """Whether requests carry a session's token (else the credential itself)."""
        return self._login is not None and bool(self._login.path)

    @property
    def current(self) -> session.Login | None:
        """Who requests are at the moment; it changes when a session ran out."""
        return self._login

    def forgive(self) -> None:
        """The BMC restarts: a login that it refused just now may be tried again."""
        if self._credential is not None:
            lockout.forgive(self._endpoint, self._credential)

    async def login(self, credential: Credential, root: Resource, path: str) -> Resource:
        """Log in (by session where `root` offers it, else Basic) and prove it by reading `path`.

        A refusal is remembered, the credential is dropped, and WrongPassword is raised.
        """
        return self.decoded(path, await self.login_conditional(credential, root, path))

    async def login_conditional(
        self, credential: Credential, root: Resource | None, path: str, etag: str = ""
    ) -> Answer:
        """The same with an ETag, see `get_answer`. root: None for Basic; only where that is known to be accepted."""
        try:
            await self._log_in(credential, root)
            answer = await self.get_answer(path, etag)
        except BmcError:
            self._credential = None
            self._login = self._login if self.by_session else None  # a session is still to be closed
            raise
        self._trusted = True
        return answer

    async def login_learning(self, credential: Credential, root: Resource, path: str) -> tuple[Resource, bool]:
        """The same as `login`, and whether the credential is accepted without a session, too.

        That is asked only once a session has shown that it is good: it costs nothing unless the answer is no.
        """
        await self._log_in(credential, root)
        if not self.by_session:
            return await self.login(credential, {}, path), True
        headers = _ACCEPT | dict(session.basic(credential).headers)
        answer = await self._exchange("GET", path, headers)
        if answer.status == 200:
            return self.decoded(path, answer), True
        return await self.get(path), False

    async def _log_in(self, credential: Credential, root: Resource | None) -> None:
        self._credential = credential
        if root is None:
            self._login = session.basic(credential)
        else:
            self._login = await session.open_session(self, root, credential)
        self._trusted = self.by_session

    async def get(self, path: str, patience: float = 1.0) -> Resource:
        """The resource at `path`, an absolute path on this BMC (a fragment is ignored).

        patience: how many times the usual seconds it may take.
        """
        return self.decoded(path, await self.get_answer(path, patience=patience))

    async def get_answer(self, path: str, etag: str = "", patience: float = 1.0) -> Answer:
        """The answer of 200, or of 304 when `etag` is still that of the resource; else raises as `get`."""
        headers, moved = {"If-None-Match": etag} if etag else {}, ""
        for _ in range(4):
            answer = await self._asked(path, headers, patience)
            if answer.status not in _MOVED or not (location := answer.headers.get("Location")):
                break
            path = moved = refusals.on_this_bmc(self._endpoint, path, location)
        if answer.status == 200 or (answer.status == 304 and etag):
            return replace(answer, moved=moved) if moved else answer
        raise self.refusal(path, answer)

    async def send(
        self,
        method: str,
        path: str,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        patience: float = 1.0,
    ) -> Answer:
        """A POST, PATCH, PUT or DELETE, sent once and never redirected. The answer of 2xx; else raises as `get`."""
        authorized = dict(self._login.headers) if self._login else {}
        answer = await self._exchange(method, path, _ACCEPT | authorized | dict(headers or {}), json, patience)
        if answer.status < 200 or answer.status >= 300:
            raise self.refusal(path, answer)
        return answer

    async def close(self) -> None:
        """Log out and close the connections."""
        self.deadline = self.gate = None
        try:
            for one in (*self._former, self._login):
                await session.close_session(self, one)
        finally:
            self._login = None
            await self.transport.close()

    def decoded(self, path: str, answer: Answer) -> Resource:
        """The JSON object of an answer; raises BadAnswer."""
        return decode(str(self._endpoint), path, answer.body, answer.headers.get("Content-Type", ""))

    async def _asked(self, path: str, headers: Mapping[str, str], patience: float) -> Answer:
        """One GET, and another one where that may help."""
        tries = 0
        while True:
            used = self._login
            answer = await self._tried(path, headers, patience, tries)
            if answer is not None and not self._worth_repeating(answer.status, tries):
                self._trouble = 0
                return answer
            tries, self._trouble = tries + 1, self._trouble + 1
            await asyncio.sleep(RETRY_AFTER)
            if answer is not None and answer.status == 401 and used is not None and used.path:
                await self.log_in_again(used)

    async def _tried(self, path: str, headers: Mapping[str, str], patience: float, tries: int) -> Answer | None:
        """The answer, None when the connection broke off and that may be tried again."""
        try:
            return await self._get_once(path, headers, patience)
        except Unreachable as error:
            if tries or error.fields.get("timed_out") or not self._trusted or self._trouble >= TROUBLE:
                raise
            return None

    def _worth_repeating(self, status: int, tries: int) -> bool:
        if self._trouble >= TROUBLE:
            return False
        return (status in refusals.BUSY and not tries) or (
            status == 401 and self._trusted and tries < self.spurious_401
        )

    async def log_in_again(self, used: session.Login) -> None:
        """After a 401 with the session `used`: a token may have run out. Raises WrongPassword.

        The credential was good; should it be no more, it is sent this once.
        """
        assert self._credential is not None  # by_session
        async with self._logging_in:
            if self._login is not used:
                return  # another request has done it meanwhile
            lockout.check(self._endpoint, self._credential)
            self._trusted = False
            self._login = await session.renew(self, used, self._credential)
            self._former.append(used)  # until it is closed: who is cancelled here closes it in the end
            self._trusted = True
        await session.close_session(self, used)
        self._former.remove(used)

    async def _get_once(self, path: str, headers: Mapping[str, str], patience: float) -> Answer:
        authorized = dict(self._login.headers) if self._login else {}
        return await self._exchange("GET", path, _ACCEPT | authorized | dict(headers), None, patience)

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], json: object = None, patience: float = 1.0
    ) -> Answer:
        target = refusals.target(self._endpoint, path)
        async with self._slots:
            if self.gate:
                self.gate(path)
            seconds = refusals.within(self._endpoint, self._timeout * patience, self.deadline)
            return await self.transport.exchange(method, target, headers, seconds, json)

    def refusal(self, path: str, answer: Answer) -> BmcError:
        """The error for an answer that is no success; a refused login is remembered."""
        status = answer.status
        said = refusals.message_ids(answer.body) if status in refusals.TELLING else ()
        if refusals.wants_another_password(said):
            return refusals.must_change(self._endpoint)
        if self._credential and not self._trusted and (status in (401, 403) or refusals.is_about_login(said)):
            return lockout.refused(self._endpoint, self._credential, f"HTTP {status}")
        return refusals.of_status(self._endpoint, path, status)
