"""Where a BMC may lead us, and what its refusals mean. No I/O."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

import orjson

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Missing, Refused, Unreachable, Unsupported
from metalctl.bmc.redfish.body import FIRMWARE

TELLING = frozenset({400, 401, 403})  # statuses whose messages tell more than the status
BUSY = frozenset({409, 412, 423, 429, 503})
_MISSING = frozenset({404, 405, 410, 501})
# SessionLimitExceeded and the like are no verdict on the credential.
_LOGIN = re.compile(r"(?i)unauthori[sz]ed|log(in|on)|credential|authenticat|access_?denied|NoValidSession")
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_HINTS = {
    401: "the BMC asks for a login again: was the account changed or locked meanwhile?",
    403: "the account may not read this; give it the role Operator or Administrator",
    404: "it has no such resource: see what the resource above lists (metalctl bmc get)",
    503: "the BMC is busy or starting; try again in a minute",
}


def target(endpoint: Endpoint, path: str) -> str:
    """The request target of a link: an absolute path on this BMC, else Refused."""
    path = path.partition("#")[0]
    if not path.startswith("/") or path.startswith("//") or _ODD.search(path) or len(path) > 2048:
        raise _astray(endpoint, f"links to {path[:80]!r}, which is not on it", path, path[:80])
    return path


def on_this_bmc(endpoint: Endpoint, path: str, location: str) -> str:
    """The path of a Location header; Refused when it is another host's."""
    parts = urlsplit(urljoin(endpoint.origin + path, location))
    if not same_origin(parts, endpoint.origin):
        got = f"{parts.scheme}://{parts.netloc}"[:80]
        raise _astray(endpoint, f"redirects {path} to another host", path, got)
    return parts._replace(scheme="", netloc="").geturl()


def same_origin(url: SplitResult, origin: str) -> bool:
    """Whether a URL is of this scheme, host and port, however these are written."""
    return _origin(url) == _origin(urlsplit(origin))


def _origin(parts: SplitResult) -> tuple[str, str, int | None, str]:
    """Scheme, host, port (443 need not be written), and a user name, which belongs into no link."""
    try:
        port = parts.port or (443 if parts.scheme == "https" else None)
    except ValueError:
        port = -1
    return parts.scheme, (parts.hostname or "").lower(), port, parts.username or ""


def of_status(endpoint: Endpoint, path: str, status: int) -> BmcError:
    """The error for an HTTP status that is no success."""
    kind = Busy if status in BUSY else Missing if status in _MISSING else BadAnswer
    what, hint = f"{endpoint} answers HTTP {status} for {path}", _HINTS.get(status, FIRMWARE)
    return kind(what, hint=hint, bmc=str(endpoint), status=status)


def message_ids(body: bytes) -> tuple[str, ...]:
    """The ids of the messages in the body of a refusal, () when there are none that can be read."""
    try:
        error = orjson.loads(body).get("error")
        rows = error.get("@Message.ExtendedInfo") or ()
        said = [row.get("MessageId") for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
        return tuple(one for one in (error.get("code"), *said) if isinstance(one, str))
    except (orjson.JSONDecodeError, AttributeError):
        return ()


def is_about_login(ids: Iterable[str]) -> bool:
    """Whether a refusal is of the credential, whatever its status: some answer a login that failed with 400
    (Redfish-Service-Validator#191), and the same once more, as Basic, would be a second failure of the account.
    """
    return any(_LOGIN.search(one) for one in ids)


def wants_another_password(ids: Iterable[str]) -> bool:
    """Whether the credential is good, and must be changed before anything else is permitted."""
    return any(one.endswith("PasswordChangeRequired") for one in ids)


def must_change(endpoint: Endpoint) -> Unsupported:
    """The error for that."""
    return Unsupported(
        f"{endpoint} takes the credential, and wants its password changed before anything else",
        hint="rotate the factory password first: metalctl bmc rotate",
        bmc=str(endpoint),
        status=403,
    )


def within(endpoint: Endpoint, seconds: float, deadline: float | None) -> float:
    """The seconds that are left of these until `deadline` (of the running loop); Unreachable when there are none."""
    if deadline is None:
        return seconds
    left = deadline - asyncio.get_running_loop().time()
    if left <= 0:
        raise no_time(endpoint)
    return min(seconds, left)


def no_time(endpoint: Endpoint) -> Unreachable:
    """The error for a request that the deadline leaves no time for."""
    hint = "give it more time, or ask it alone: it is slow"
    return Unreachable(f"{endpoint}: no time was left to ask", hint=hint, bmc=str(endpoint), timed_out=True)


def misshapen(endpoint: Endpoint, path: str, expected: str, got: str) -> Refused:
    """The error for an answer that goes in a circle or without end."""
    name = str(endpoint)
    what = f"{name}: {path} should have {expected}, but has {got}"
    return Refused(what, hint=FIRMWARE, bmc=name, path=path, expected=expected, got=got)


def _astray(endpoint: Endpoint, what: str, path: str, got: str) -> Refused:
    name = str(endpoint)
    return Refused(f"{name} {what}", hint=FIRMWARE, bmc=name, path=path[:80], expected="a path on it", got=got)
