"""One resource as the BMC gives it, for a look.

get(endpoint, Credential("admin", secret), "/redfish/v1/Chassis")
"""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadTarget, Unsupported
from metalctl.bmc.redfish.bmc import verified
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.fetch.root import first_list

ROOT = "/redfish/v1"
_ODD = re.compile(r"[\x00-\x20\x7f\\#]")


def get(
    endpoint: Endpoint, credential: Credential, path: str, timeout: float = 30.0, deadline: float = 60.0
) -> dict[str, Any]:
    """The resource at `path`, below the service root. timeout: seconds a request; deadline: for all of it.

    Raises BadTarget (not such a path; nothing was sent), what `probe` raises (no credential was sent), WrongPassword,
    Missing, Busy, BadAnswer, Astray, Unreachable.
    """
    path = checked(path)
    if endpoint.protocol != "redfish":
        raise Unsupported(f"{endpoint} has no resources", hint="use its https:// address")
    lockout.check(endpoint, credential)
    return asyncio.run(_got(endpoint, credential, path, timeout, deadline))


async def _got(
    endpoint: Endpoint, credential: Credential, path: str, timeout: float, deadline: float
) -> dict[str, Any]:
    until = asyncio.get_running_loop().time() + deadline
    client, root = await verified(endpoint, min(timeout, deadline))
    client.deadline = until
    try:
        await client.access.enter(credential, root)
        if not client.access.by_session:
            await _proven(client, root)
        return await client.get(path)
    finally:
        await client.close()


async def _proven(client: Client, root: dict[str, Any]) -> None:
    """A refusal of what the account may not read is none of its credential: that is shown by a list that all may."""
    await client.get(first_list(root))
    client.access.trust()


def checked(path: str) -> str:
    """The path when it is one below the service root, else BadTarget. A query may follow."""
    plain = unquote(unquote(path.partition("?")[0]))
    below = plain == ROOT or plain.startswith(f"{ROOT}/")
    if not below or _ODD.search(path) or _ODD.search(plain) or "//" in plain or {".", ".."} & set(plain.split("/")):
        raise BadTarget(f"{path[:80]!r} is not a path below {ROOT}", hint=f"write it like {ROOT}/Systems")
    return path
