"""Who a client is to its BMC: nobody, the credential itself, or a session that is opened anew when it ran out."""

from __future__ import annotations

import asyncio

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import WrongPassword
from metalctl.bmc.redfish.client import refusals, session
from metalctl.bmc.redfish.client.session import Login, Once
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import link


class Access:
    """login: what requests carry at the moment. trusted: a 401 is no failed login, since the credential has worked."""

    def __init__(self, endpoint: Endpoint, once: Once) -> None:
        self._endpoint, self._once = endpoint, once
        self.login: Login | None = None
        self.trusted = False
        self._former: list[Login] = []
        self._credential: Credential | None = None
        self._logging_in = asyncio.Lock()

    @property
    def by_session(self) -> bool:
        """Whether requests carry a session's token (else the credential itself)."""
        return self.login is not None and bool(self.login.path)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the BMC may repeat, and nobody else."""
        return (self._credential.password,) if self._credential else ()

    async def enter(self, credential: Credential, root: Resource | None) -> None:
        """Use a session where `root` offers one, else Basic, whose proof is the first answer: see `trust`.

        root: None for Basic; only where that is known to be accepted. Raises WrongPassword, which is remembered.
        """
        self._credential, self.trusted = credential, False
        if root is None:
            self.login = session.basic(credential)
        else:
            service = link(root, "Links", "Sessions")
            self.login = await session.open_session(self._once, self._endpoint, service, credential)
        self.trusted = self.by_session

    def trust(self) -> None:
        """The credential is good."""
        self.trusted = True

    def doubt(self) -> None:
        """The BMC restarts, and its users may not be up yet: what it refused may be tried again, each time once."""
        self.trusted = self.by_session  # a session may have gone, which says nothing of the credential
        if self._credential is not None:
            lockout.forgive(self._endpoint, self._credential)

    def drop(self) -> None:
        """The credential is not used any more; a session is still to be closed."""
        self._credential = None
        self.login = self.login if self.by_session else None

    def refused(self, status: int, told: refusals.Said) -> WrongPassword | None:
        """The error when it is the credential that is refused, which is remembered."""
        if self._credential and not self.trusted and refusals.is_of_login(status, told):
            return lockout.refused(self._endpoint, self._credential, f"HTTP {status}")
        return None

    async def again(self, used: Login) -> None:
        """After a 401 with the session `used`: a token may have run out. Raises WrongPassword.

        The credential was good; should it be no more, it is sent this once.
        """
        assert self._credential is not None  # by_session
        async with self._logging_in:
            if self.login is not used:
                return  # another request has done it meanwhile
            lockout.check(self._endpoint, self._credential)
            self.trusted = False
            self.login = await session.open_session(self._once, self._endpoint, used.service, self._credential)
            self._former.append(used)  # until it is closed: who is cancelled here closes it in the end
            self.trusted = True
        await session.close_session(self._once, used, self.login)
        self._former.remove(used)

    async def leave(self) -> None:
        """Log out."""
        try:
            for one in (*self._former, self.login):
                await session.close_session(self._once, one, self.login or one)
        finally:
            self.login = None
