"""What a BMC's refusal means, of a read and of a write: one table of the status and of the messages that Redfish puts
beside it (DSP0266, 8.6). No I/O.

    message      PasswordChangeRequired                      Unsupported  the way out is told
    status       401 403                                     BadAnswer    (a login: WrongPassword, see is_of_login)
    message      as the quirks' `busy_says`                  Busy
    status       409 412 423 428 429 503                     Busy
                 500 502 504 of a write                      Busy         a BMC that is starting answers so
                 404 405 410 501                             Missing
                 any other                                   BadAnswer    of a write 3xx, 4xx: Unsupported
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Astray, BadAnswer, BmcError, Busy, Missing, Unreachable, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.schema.body import lenient
from metalctl.bmc.redfish.schema.values import child, items

BUSY = frozenset({409, 412, 423, 428, 429, 503})
_BUSY_WRITING = BUSY | {500, 502, 504}
_MISSING = frozenset({404, 405, 410, 501})
# SessionLimitExceeded and the like are no verdict on the credential.
_LOGIN = re.compile(r"(?i)unauthori[sz]ed|log(in|on)|credential|authenticat|access_?denied|NoValidSession")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_HINTS = {
    401: "the BMC asks for a login again: was the account changed or locked meanwhile?",
    403: "the account may not do this; give it the role Administrator",
    404: "it has no such resource: see what the resource above lists (metalctl bmc get)",
    503: "the BMC is busy or starting; try again in a minute",
}


@dataclass(frozen=True, slots=True)
class Said:
    """The messages of a refusal. ids: MessageIds and the code. text: for people. arguments: what they are about."""

    ids: tuple[str, ...] = ()
    text: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def must_change(self) -> bool:
        """Whether the credential is good, and its password must be changed before anything else is permitted."""
        return any(one.endswith("PasswordChangeRequired") for one in self.ids)


def said(body: bytes, secrets: Iterable[str] = ()) -> Said:
    """The messages in the body of a refusal, as far as there are any that can be read, with the secrets cut out."""
    whole = lenient(body)
    error = child(whole, "error")
    rows = items({"rows": error.get("@Message.ExtendedInfo") or whole.get("@Message.ExtendedInfo")}, "rows")
    ids = [one for one in (error.get("code"), *(row.get("MessageId") for row in rows)) if isinstance(one, str)]
    texts = dict.fromkeys(str(row.get("Message") or row.get("MessageId") or "") for row in rows)
    about = [word for row in rows for word in (*_words(row.get("MessageArgs")), *_words(row.get("RelatedProperties")))]
    clean = partial(_without, list(filter(None, secrets)))
    text = _UNPRINTABLE.sub(" ", clean("; ".join(filter(None, texts))))
    return Said(tuple(map(clean, ids)), text[:400], tuple(map(clean, about)))


def _words(value: Any) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else []


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def is_about_login(ids: Iterable[str]) -> bool:
    """Whether a refusal is of the credential, whatever its status: some answer a login that failed with 400
    (Redfish-Service-Validator#191), and the same once more, as Basic, would be a second failure of the account.
    """
    return any(_LOGIN.search(one) for one in ids)


def is_of_login(status: int, told: Said) -> bool:
    """Whether a credential that has not worked yet was refused: it is not tried in another way then."""
    return not told.must_change and (status in (401, 403) or is_about_login(told.ids))


def kind(status: int, ids: Sequence[str], quirks: Quirks, *, writing: bool) -> type[BmcError]:
    """The error for a refusal: the table above."""
    if Said(tuple(ids)).must_change:
        return Unsupported
    if status in (401, 403):
        return BadAnswer
    says_busy = quirks.busy_says and any(re.search(quirks.busy_says, one) for one in ids)
    if says_busy or status in (_BUSY_WRITING if writing else BUSY):
        return Busy
    if status in _MISSING:
        return Missing
    return Unsupported if writing and status < 500 else BadAnswer


def of(endpoint: Endpoint, method: str, path: str, status: int, told: Said, quirks: Quirks) -> BmcError:
    """The error for an answer that is no success. Fields: `status`, `messages` (ids), `arguments`."""
    name = str(endpoint)
    made = kind(status, told.ids, quirks, writing=method != "GET")
    what = f"{name} answers HTTP {status} for {path if method == 'GET' else f'{method} {path}'}"
    hint = _HINTS.get(status, "")
    if told.must_change:
        what = f"{name} takes the credential, and wants its password changed before anything else"
        hint = "rotate the factory password first: metalctl bmc rotate"
    elif told.text:
        what = f"{what}: {told.text}"
    return made(what, hint=hint, status=status, messages=told.ids, arguments=told.arguments)


def told_by(error: BmcError, name: str) -> tuple[str, ...]:
    """Of a refusal's messages the ids ("messages"), or what they are about ("arguments")."""
    told = error.fields.get(name, ())
    return tuple(map(str, told)) if isinstance(told, tuple) else ()


def names_property(error: BmcError, *names: str) -> set[str]:
    """Which of these properties a refusal complains about."""
    told = " ".join((error.message, *told_by(error, "arguments")))
    return {name for name in names if re.search(rf"\b{re.escape(name)}\b", told)}


def within(endpoint: Endpoint, seconds: float, deadline: float | None) -> float:
    """The seconds that are left of these until `deadline` (of the running loop); Unreachable when there are none."""
    if deadline is None:
        return seconds
    left = deadline - asyncio.get_running_loop().time()
    if left <= 0:
        hint = "give it more time, or ask it alone: it is slow"
        raise Unreachable(f"{endpoint}: no time was left to ask", hint=hint, timed_out=True)
    return min(seconds, left)


def misshapen(endpoint: Endpoint, path: str, expected: str, got: str) -> Astray:
    """The error for an answer that goes in a circle or without end."""
    what = f"{endpoint}: {path} should have {expected}, but has {got}"
    return Astray(what, bmc=str(endpoint), path=path, expected=expected, got=got)
