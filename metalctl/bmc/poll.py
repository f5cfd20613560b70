"""The power state of many BMCs, again and again, in one event loop.

    async with PowerPoll(endpoints, credential, memory=InFolder(state / "bmc")) as poll:
        async for one in poll.round():
            print(one.endpoint, one.state or one.error.message)

The first round verifies, logs in and finds the system of each BMC; what a sweep remembers of it saves most of that.
Sessions are kept, and connections too where rounds follow each other within some 15 seconds (BMCs have few to spare),
so that a later round costs one conditional request a BMC. A BMC that does not answer costs its own row and is asked
again in the next round; one that refuses the credential is not, since BMCs lock accounts.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from metalctl.bmc import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Unsupported, WrongPassword
from metalctl.bmc.many import Credentials, credential_of, defect, each, more_descriptors
from metalctl.bmc.redfish.boards import machines
from metalctl.bmc.redfish.equipment import refusal
from metalctl.bmc.redfish.http import Answer, Client
from metalctl.bmc.redfish.inventory import power_state
from metalctl.bmc.redfish.remember import Memory
from metalctl.bmc.redfish.root import equipment, read_root
from metalctl.bmc.redfish.systems import choose
from metalctl.bmc.redfish.values import link

__all__ = ["PowerPoll", "Powered"]

CONCURRENCY = 256
_OTHER_FILES = 512


@dataclass(frozen=True, slots=True)
class Powered:
    """state: "on" or "off" as read now; "" with an error. seconds: what this BMC took in this round."""

    endpoint: Endpoint
    state: str
    error: BmcError | None = None
    seconds: float = 0.0


class PowerPoll:
    """A poll of BMCs; use it as an async context manager, which logs out of all of them in the end.

    credentials: one for all, or a function of the endpoint. timeout: seconds a BMC in a round. concurrency: BMCs asked
    at a time. authorities: PEM file of the CAs that sign the BMCs' certificates, None to pin them on first use.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        credentials: Credentials,
        *,
        timeout: float = 10.0,
        concurrency: int = CONCURRENCY,
        memory: Memory | None = None,
        authorities: Path | None = None,
    ) -> None:
        self._bmcs = [_Bmc(endpoint, credentials, timeout, memory, authorities) for endpoint in endpoints]
        self._concurrency = max(1, concurrency)

    async def __aenter__(self) -> Self:
        more_descriptors(len(self._bmcs) + _OTHER_FILES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        slots = asyncio.Semaphore(self._concurrency)

        async def close(bmc: _Bmc) -> None:
            async with slots:
                await bmc.close()

        await asyncio.gather(*map(close, self._bmcs), return_exceptions=True)

    async def round(self) -> AsyncGenerator[Powered, None]:
        """Every BMC once, in the order in which they answer. Never raises for a BMC."""
        async with contextlib.aclosing(each(self._bmcs, _Bmc.read, self._concurrency)) as rows:
            async for row in rows:
                yield row


class _Bmc:
    """One BMC between two rounds."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        timeout: float,
        memory: Memory | None,
        authorities: Path | None,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._timeout = timeout
        self._memory = memory
        self._authorities = authorities
        self._client: Client | None = None
        self._refused: WrongPassword | None = None
        self._path = self._etag = self._state = ""

    async def read(self) -> Powered:
        """One row of a round."""
        begun = time.monotonic()
        state, error = "", await self._tried()
        if error is None:
            state = self._state
        return Powered(self._endpoint, state, error, time.monotonic() - begun)

    async def _tried(self) -> BmcError | None:
        if self._refused:
            return self._refused
        try:
            await self._read()
        except WrongPassword as error:
            self._refused = error
            return error
        except BmcError as error:
            return error
        except Exception as error:  # noqa: BLE001  a defect of ours costs one BMC, never the round
            return defect(self._endpoint, error)
        return None

    async def close(self) -> None:
        """Log out and hang up."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(BmcError):
                await client.close()

    async def _read(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._timeout
        if self._client is None:
            await self._begin(deadline)
        else:
            self._client.deadline = deadline
            await self._ask(self._client)

    async def _ask(self, client: Client) -> None:
        answer = await client.get_answer(self._path, self._etag)
        if answer.status != 304:
            self._take(client, answer)

    async def _begin(self, deadline: float) -> None:
        if self._endpoint.protocol != "redfish":
            raise Unsupported(f"{self._endpoint} is not Redfish", hint="ask it alone", bmc=str(self._endpoint))
        credential = credential_of(self._credentials, self._endpoint)
        lockout.check(self._endpoint, credential)
        known = self._memory.recall(str(self._endpoint)) if self._memory else None
        if known and not self._endpoint.fingerprint:
            self._endpoint = replace(self._endpoint, fingerprint=known.fingerprint)
        client = Client(self._endpoint, self._timeout, authorities=self._authorities, in_flight=1, deadline=deadline)
        try:
            if known and known.alone and known.basic and await self._recalled(client, credential, known.system):
                return
            root = await read_root(client)
            if not link(root, "Systems"):
                raise refusal(client.endpoint, equipment(root))
            collection = await client.login(credential, root, link(root, "Systems"))
            self._path = choose(self._endpoint, await machines(client, root, collection)).path
            self._client = client
            await self._ask(client)
        finally:
            self._endpoint = client.endpoint
            if self._client is None:
                await client.close()

    async def _recalled(self, client: Client, credential: Credential, path: str) -> bool:
        """Whether the BMC is still as it was remembered: its system is where it was. Basic saves the session."""
        self._path = path
        try:
            answer = await client.login_conditional(credential, None, path)
        except BadAnswer:
            return False
        self._client = client
        self._take(client, answer)
        return True

    def _take(self, client: Client, answer: Answer) -> None:
        """The state in an answer; an ETag is only worth something once there is a state to go with it."""
        self._etag = ""
        system = client.decoded(self._path, answer)
        self._state = power_state(system)
        if self._state:
            self._etag = answer.headers.get("ETag", "")
            return
        name, told = str(self._endpoint), system.get("PowerState")
        if isinstance(told, str) and told:
            raise Busy(f"{name} is neither on nor off, but {told[:40]!r}", hint="ask again in some seconds", bmc=name)
        raise Unsupported(f"{name} does not state the power state", hint="try it over IPMI", bmc=name)
