"""Who we are to the BMC: a session of its SessionService (DSP0266, 13.3.4), or Basic authentication where it has none.

A session is opened with one POST and always closed with one DELETE: BMCs have few of them. The credential itself then
crosses the wire once. A refused POST is the one failed login that there may be.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from metalctl.bmc.endpoint import Credential
from metalctl.bmc.errors import BadAnswer, BmcError, Missing
from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.transport import Answer

if TYPE_CHECKING:
    from metalctl.bmc.redfish.http import Client

# Of the usual seconds a request: what was read is not to wait for a BMC that went away.
PATIENCE = 0.2


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


async def open_session(client: Client, root: Resource, credential: Credential) -> Login:
    """A session, or Basic where `root` offers none or the BMC opens none. Raises WrongPassword, Unreachable."""
    links = root.get("Links")
    service = links.get("Sessions") if isinstance(links, dict) else None
    path = service.get("@odata.id") if isinstance(service, dict) else None
    if not isinstance(path, str):
        return basic(credential)
    return await _open(client, path, credential) or basic(credential)


async def renew(client: Client, login: Login, credential: Credential) -> Login:
    """Another session in place of one that ran out; raises as `open_session`."""
    return await _open(client, login.service, credential) or basic(credential)


async def _open(client: Client, service: str, credential: Credential) -> Login | None:
    """None when the BMC opens no session for a reason that is not the credential."""
    account = {"UserName": credential.username, "Password": credential.password}
    try:
        answer = await client.send("POST", service, account)
    except BadAnswer:
        return None
    token, path = answer.headers.get("X-Auth-Token", ""), _path(client, service, answer)
    return Login({"X-Auth-Token": token}, path, service) if token.isprintable() and token and path else None


def _path(client: Client, service: str, answer: Answer) -> str:
    """Where the session is. Only the path of a Location counts: it is asked of this BMC, whatever host it names."""
    if location := answer.headers.get("Location", ""):
        return urlsplit(location).path
    with contextlib.suppress(BadAnswer):
        found = client.decoded(service, answer).get("@odata.id")
        return found if isinstance(found, str) else ""
    return ""


async def close_session(client: Client, login: Login | None) -> None:
    """Log out. A BMC that refuses that is asked once more, as some do for no reason and have few sessions to lose; one
    that is gone keeps its session until that runs out.
    """
    if login is None or not login.path:
        return
    for _ in range(2):
        try:
            await client.send("DELETE", login.path, patience=PATIENCE)
            return
        except Missing:
            return
        except BmcError as error:
            if error.fields.get("timed_out"):
                return
