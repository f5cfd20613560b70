"""Who an action is to the BMC: what its requests carry, and what else there is to carry after a 401."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

from metalctl.bmc.endpoint import Credential


class Access(Protocol):
    """The login of a connection."""

    def headers(self) -> Mapping[str, str]:
        """What a request carries."""

    def renew(self) -> bool:
        """After a 401: log in again, once; False when that is of no use. Raises WrongPassword."""

    def forgive(self) -> None:
        """The BMC restarts: that it refused the login just now says nothing of the credential."""


class Basic:
    """The credential itself, with each request."""

    def __init__(self, credential: Credential) -> None:
        pair = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}

    def headers(self) -> Mapping[str, str]:
        """See Access."""
        return self._headers

    def renew(self) -> bool:
        """See Access."""
        return False

    def forgive(self) -> None:
        """See Access."""


class Token(Basic):
    """A session that the wire opened by itself; it is not opened again."""

    def __init__(self, token: str) -> None:
        self._headers = {"X-Auth-Token": token}
