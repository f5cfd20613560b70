"""One failed login a credential, then stop: BMCs lock accounts after three to five, and a retrying engine would.

What was refused is remembered for a while in this process, as a salted digest, so that no caller can repeat it by
mistake.
"""

from __future__ import annotations

import hashlib
import os
import time
from threading import Lock

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import WrongPassword

FORGOTTEN_AFTER = 600.0
_HINT = (
    "correct the secret and try again by hand; metalctl does not repeat a refused password, "
    "because most BMCs lock the account after a few failures"
)
_salt = os.urandom(16)
_refused: dict[bytes, float] = {}
_lock = Lock()


def check(endpoint: Endpoint, credential: Credential) -> None:
    """Raise WrongPassword when this very credential was refused there a short time ago; nothing is sent."""
    with _lock:
        since = _refused.get(_key(endpoint, credential))
    if since is not None and (ago := time.monotonic() - since) < FORGOTTEN_AFTER:
        raise WrongPassword(f"{endpoint} refused {credential} {ago:.0f} s ago; it is not tried again", hint=_HINT)


def refused(endpoint: Endpoint, credential: Credential, why: str) -> WrongPassword:
    """Remember the refusal, and the error to raise."""
    with _lock:
        _refused[_key(endpoint, credential)] = time.monotonic()
    return WrongPassword(f"{endpoint} refused {credential} ({why})", hint=_HINT, status=401)


def forgive(endpoint: Endpoint, credential: Credential) -> None:
    """Forget that this credential was refused there: it was made to be accepted since."""
    with _lock:
        _refused.pop(_key(endpoint, credential), None)


def forget() -> None:
    """Forget every refusal: a person says that the BMC was mended."""
    with _lock:
        _refused.clear()


def _key(endpoint: Endpoint, credential: Credential) -> bytes:
    parts = (endpoint.address, str(endpoint.effective_port), credential.username, credential.password)
    return hashlib.blake2b("\0".join(parts).encode(), key=_salt).digest()
