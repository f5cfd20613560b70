"""What a BMC's refusal means: the status, and the messages that Redfish puts beside it (DSP0266, 8.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Missing, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act.link import Reply

# 500 of a write is no verdict: a BMC that is starting answers so. A broken subtree (GET) is not read for ever.
_BUSY = frozenset({409, 412, 423, 428, 429, 503})
_BUSY_WRITING = _BUSY | {500, 502, 504}
_MISSING = frozenset({404, 405, 410, 501})


def messages(body: Mapping[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """(MessageId, Message, arguments) of every message in an answer, also of the annotations of a success."""
    error = body.get("error")
    found = (error.get("@Message.ExtendedInfo") if isinstance(error, dict) else None) or body.get(
        "@Message.ExtendedInfo"
    )
    rows = found if isinstance(found, list) else [found]
    return [_message(row) for row in rows if isinstance(row, dict)]


def _message(row: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    about = _words(row.get("MessageArgs")) + _words(row.get("RelatedProperties"))
    return str(row.get("MessageId", "")), str(row.get("Message", "")), about


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def names_property(error: BmcError, *names: str) -> set[str]:
    """Which of these properties a refusal complains about."""
    told = " ".join(str(one) for one in (error.message, error.fields.get("arguments", "")))
    return {name for name in names if re.search(rf"\b{re.escape(name)}\b", told)}


def refusal(name: str, method: str, path: str, reply: Reply, quirks: Quirks) -> BmcError:
    """The error for an answer of 400 or above."""
    found = messages(reply.body)
    said = "; ".join(dict.fromkeys(text or ident for ident, text, _ in found))[:400]
    ids = tuple(ident for ident, _, _ in found)
    fields = {
        "bmc": name,
        "status": reply.status,
        "messages": ids,
        "arguments": tuple(one for _, _, arguments in found for one in arguments),
    }
    what = f"{method} {path} with HTTP {reply.status}" + (f": {said}" if said else "")
    if any(ident.endswith("PasswordChangeRequired") for ident in ids):
        hint = "rotate the factory password first: metalctl bmc rotate"
        return Unsupported(f"{name} wants its password changed before anything else ({what})", hint=hint, **fields)
    if reply.status in (401, 403):
        return BadAnswer(f"{name} does not permit {what}", hint="give the account the role Administrator", **fields)
    busy = _BUSY if method == "GET" else _BUSY_WRITING
    if reply.status in busy or (quirks.busy_says and any(re.search(quirks.busy_says, one) for one in ids)):
        return Busy(f"{name} is not ready for {what}", hint="try again in a minute", **fields)
    if reply.status >= 500 and reply.status not in _MISSING:
        return BadAnswer(f"{name} fails at {what}", hint="a reset of the BMC may mend it", **fields)
    if reply.status in _MISSING:
        return Missing(f"{name} has no {what}", hint="its firmware may be too old for this", **fields)
    return Unsupported(f"{name} refuses {what}", hint="see the BMC's log; its firmware may be too old", **fields)
