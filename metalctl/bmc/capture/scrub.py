"""What does not belong into a capture: secrets always, serial numbers on request.

Secrets are known by the name of their property (also inside dotted attribute names), and certificates and keys by how
they look. They are replaced by one word, so that a reader sees that something was there.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Iterable
from typing import Any

GONE = "(scrubbed)"
_SECRET = re.compile(
    r"password(?!.*(length|policy|required|expir))|passwd|passphrase|passcode|secret|token|community|salt$|hash$"
    r"|credential|(private|public|host|encryption|api|auth|priv|shared|kg|v3|ssh|license|licence|activation|security)_?key"
    r"|^keys?$|keystring|certificatestring|(license|licence)_?(string|code|number|text|data)|snmp.*(name|string)$",
    re.IGNORECASE,
)
_LOOKS = re.compile(r"-----BEGIN [A-Z0-9 ]+-----|\bssh-(rsa|ed25519|dss) |\becdsa-sha2-")
_USERINFO = re.compile(r"(?<=//)[^/@\s]+:[^/@\s]+@")
_PLAIN = re.compile(r"@|^#|^Actions$")


def without_secrets(value: Any, name: str = "") -> Any:
    """The JSON value with the secrets replaced."""
    if isinstance(value, dict):
        return {key: without_secrets(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [without_secrets(one, name) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if not _PLAIN.search(name) and _SECRET.search(name) and not value.startswith("/redfish/"):
        return GONE
    return GONE if _LOOKS.search(value) else _USERINFO.sub(f"{GONE}@", value)


_SERIALS = re.compile(
    r"^(serialnumber|servicetag|chassisservicetag|nodeservicetag|expressservicecode|sku|assettag|uuid|servicetagnumber"
    r"|(permanent)?macaddress(es)?|.*macaddr(ess)?|wwn|wwpn|wwnn|durablename|hostname|fqdn|serial|boardserialnumber"
    r"|nodeid|guid|systemid|.*serialnumber)$",
    re.IGNORECASE,
)
_SHORTEST = 5
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


class Pseudonyms:
    """One made-up value for each serial number, UUID and MAC address, of the same shape, wherever it occurs."""

    def __init__(self, resources: Iterable[Any]) -> None:
        self._key = secrets.token_bytes(16)
        found: set[str] = set()
        for resource in resources:
            _collect(resource, "", found)
        forms = {form for value in found for form in _forms(value)}
        self._map = {form: self._made(form) for form in sorted(forms)}
        # The longest first: a serial number may be a part of another.
        parts = sorted(map(re.escape, self._map), key=len, reverse=True)
        self._pattern = re.compile("|".join(parts)) if parts else None

    def text(self, value: str) -> str:
        """The text with every known value replaced."""
        return self._pattern.sub(lambda hit: self._map[hit.group()], value) if self._pattern else value

    def of(self, value: Any) -> Any:
        """The JSON value with every known value replaced, also in links."""
        if isinstance(value, dict):
            return {key: self.of(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.of(one) for one in value]
        return self.text(value) if isinstance(value, str) else value

    def _made(self, form: str) -> str:
        """Digits for digits, letters for letters, hexadecimal where it is so: equal but for case gives equal."""
        folded = re.sub(r"[^0-9a-z]", "", form.lower())
        hexadecimal = bool(re.fullmatch(r"[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}", folded))
        stream = hashlib.shake_256(self._key + folded.encode()).digest(len(folded))
        made, place = [], 0
        for char in form:
            if not char.isalnum():
                made.append(char)
                continue
            made.append(_like(char, stream[place] if place < len(stream) else 0, hexadecimal))
            place += 1
        return "".join(made)


def _like(char: str, byte: int, hexadecimal: bool) -> str:
    if hexadecimal:
        digit = "0123456789abcdef"[byte % 16]
        return digit.upper() if char.isupper() else digit
    if char.isdigit():
        return string.digits[byte % 10]
    return string.ascii_uppercase[byte % 26] if char.isupper() else string.ascii_lowercase[byte % 26]


def _collect(value: Any, name: str, found: set[str]) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            _collect(one, key.rsplit(".", 1)[-1], found)
    elif isinstance(value, list):
        for one in value:
            _collect(one, name, found)
    elif isinstance(value, str):
        if _SERIALS.match(name) and len(value.strip()) >= _SHORTEST and any(map(str.isdigit, value)):
            found.add(value.strip())
        found.update(_MAC.findall(value))


def _forms(value: str) -> set[str]:
    """As it is, and as other resources write it: without separators, in the other case."""
    bare = re.sub(r"[:-]", "", value) if _MAC.fullmatch(value) else value
    return {form for base in (value, bare) for form in (base, base.lower(), base.upper())}
