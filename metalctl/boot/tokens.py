"""One-time tokens: put on a kernel command line, sent back by the phone-home. Only the SHA-256 is ever kept.

A token belongs to one node and one kind of system ("ramdisk" or "installed"). It is spent by the first phone-home; the
same boot (by its boot id) may repeat itself until the token expires, since our answer may have been lost on the way.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from metalctl.boot.errors import Refused
from metalctl.model.boot import PhoneHome

BYTES = 32
LIFE = 24 * 3600.0
"""Seconds from the boot script to the phone-home: a slow boot, and a provisioner that is away for hours meanwhile."""
INSTALLED_LIFE = 7 * LIFE
"""Seconds from the installation to the installed system's phone-home: its token is on its disk and is not renewed."""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is kept of a token. expires: epoch seconds. boot_id: of the boot that spent it, "" while it is fresh."""

    digest: str
    node: str
    kind: str
    expires: float
    boot_id: str = ""


def digest(token: str) -> str:
    """SHA-256 of the token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(node: str, kind: str, now: float, life: float = LIFE) -> tuple[str, TokenRecord]:
    """A fresh token (URL-safe, 43 characters) and the record to keep."""
    token = secrets.token_urlsafe(BYTES)
    return token, TokenRecord(digest(token), node, kind, now + life)


def matches(record: TokenRecord, token: str) -> bool:
    """Whether this is the record's token, in constant time."""
    return hmac.compare_digest(record.digest.encode(), digest(token).encode())


def spend(record: TokenRecord | None, report: PhoneHome, now: float) -> TokenRecord:
    """The record as it is to be kept after this phone-home. Raises Refused.

    `record` is what the caller found under `digest(report.token)`. The caller must keep the result before it answers,
    and do both under one lock or transaction, so that two machines cannot spend one token.
    """
    if record is None or not matches(record, report.token):
        raise Refused("unknown-token", f"the token of {report.node!r} is not one that metalctl issued")
    if now >= record.expires:
        raise Refused("expired", f"the token of {record.node} has expired")
    if report.node != record.node:
        raise Refused("wrong-node", f"the token was issued to {record.node}, not to {report.node!r}")
    if report.kind != record.kind:
        raise Refused("wrong-kind", f"the token of {record.node} is for the {record.kind} system, not {report.kind!r}")
    if not report.boot_id:
        raise Refused("no-boot-id", f"the phone-home of {record.node} states no boot id")
    if record.boot_id and record.boot_id != report.boot_id:
        raise Refused("spent", f"the token of {record.node} was already used by another boot")
    return TokenRecord(record.digest, record.node, record.kind, record.expires, report.boot_id)
