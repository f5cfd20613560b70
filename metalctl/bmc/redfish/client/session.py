"""Who we are to the BMC: a session of its SessionService (DSP0266, 13.3.4), or Basic authentication where it has none.

A session is opened with one POST and always closed with one DELETE: BMCs have few of them. The credential itself then
crosses the wire once. A refused POST is the one failed login that there may be.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Missing
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.client import refusals
from metalctl.bmc.redfish.client.transport import Response
from metalctl.bmc.redfish.schema.body import decode

# Of the usual seconds a request: what was read is not to wait for a BMC that went away.
PATIENCE = 0.2
Once = Callable[..., Awaitable[Response]]  # Client.once


@dataclass(frozen=True, slots=True)
class Login:
    """headers: what a request carries. path: of the session, "" with Basic. service: where sessions are opened."""

    headers: Mapping[str, str]
    path: str = ""
    service: str = ""

    def __repr__(self) -> str:
        return f"Login({'session' if self.path else 'basic'})"


def basic(credential: Credential) -> Login:
    """Basic authentication."""
    pair = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()
    return Login({"Authorization": f"Basic {pair}"})


async def open_session(once: Once, endpoint: Endpoint, service: str, credential: Credential) -> Login:
    """A session at `service`, or Basic where that is "" or opens none. Raises WrongPassword, Unreachable."""
    return (await _open(once, endpoint, service, credential) if service else None) or basic(credential)


async def _open(once: Once, endpoint: Endpoint, service: str, credential: Credential) -> Login | None:
    """None when the BMC opens no session for a reason that is not the credential."""
    account = {"UserName": credential.username, "Password": credential.password}
    answer = await once("POST", service, account)
    if not answer.good:
        told = refusals.said(answer.body, [credential.password])
        if refusals.is_of_login(answer.status, told):
            raise lockout.refused(endpoint, credential, f"HTTP {answer.status}")
        if told.must_change:
            raise refusals.of(endpoint, "POST", service, answer.status, told, Quirks())
        return None
    token, path = answer.headers.get("X-Auth-Token", ""), _path(endpoint, service, answer)
    return Login({"X-Auth-Token": token}, path, service) if token.isprintable() and token and path else None


def _path(endpoint: Endpoint, service: str, answer: Response) -> str:
    """Where the session is. Only the path of a Location counts: it is asked of this BMC, whatever host it names."""
    if location := answer.headers.get("Location", ""):
        return urlsplit(location).path
    with contextlib.suppress(BadAnswer):
        found = decode(str(endpoint), service, answer.body).get("@odata.id")
        return found if isinstance(found, str) else ""
    return ""


async def close_session(once: Once, login: Login | None, by: Login | None) -> None:
    """Log out, as `by`. A BMC that refuses that is asked once more, as some do for no reason and have few sessions to
    lose; one that is gone keeps its session until that runs out.
    """
    if login is None or not login.path:
        return
    for _ in range(2):
        try:
            answer = await once("DELETE", login.path, login=by, patience=PATIENCE)
        except BmcError as error:
            if error.fields.get("timed_out"):
                return
        else:
            if answer.good or refusals.kind(answer.status, (), Quirks(), writing=True) is Missing:
                return
