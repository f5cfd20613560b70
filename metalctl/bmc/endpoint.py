"""Where a BMC is, and who we are to it.

    https://10.0.0.5            Redfish (also redfish://…, and a bare address or name)
    https://10.0.0.5:8443       on another port
    https://10.0.0.5?system=2   one of several systems behind the BMC
    ipmi://10.0.0.5[:6230]      IPMI 2.0

There is no http://: a password would cross the network in the clear.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from metalctl.bmc.errors import BadEndpoint

DEFAULT_PORTS = {"redfish": 443, "ipmi": 623}
_SCHEMES = {
    "https": "redfish",
    "redfish": "redfish",
    "redfish+https": "redfish",
    "ipmi": "ipmi",
    "ipmi+lanplus": "ipmi",
}
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_EXAMPLE = "write it like https://10.0.0.5, https://bmc7.example.net:8443 or ipmi://10.0.0.5"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """port: None is the protocol's own. fingerprint: SHA-256 of the TLS certificate, hex, "" when not yet known.

    system: id of the system behind a BMC that manages several, "" when there is only one. authorities: PEM file of the
    CAs one of which must have signed the certificate, None where it is only pinned.
    Beside them a fingerprint must hold, too.
    """

    address: str
    protocol: str = "redfish"
    port: int | None = None
    fingerprint: str = ""
    system: str = ""
    authorities: Path | None = None

    @property
    def effective_port(self) -> int:
        """The port to connect to."""
        return self.port or DEFAULT_PORTS[self.protocol]

    @property
    def origin(self) -> str:
        """Scheme, host and port as a URL without path."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        scheme = "https" if self.protocol == "redfish" else "ipmi"
        return f"{scheme}://{host}" + (f":{self.port}" if self.port else "")

    def __str__(self) -> str:
        return self.origin + (f"?system={self.system}" if self.system else "")


@dataclass(frozen=True, slots=True)
class Credential:
    """A user of the BMC. The password never shows in a representation."""

    username: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"user {self.username}"


def parse_endpoint(text: str) -> Endpoint:
    """The endpoint of a URL or a bare address; raises BadEndpoint. The default port reads as None."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{_bracketed(text)}")
        port = parts.port
    except ValueError as error:
        raise BadEndpoint(f"{_shown(text)!r} is not an address of a BMC: {error}", hint=_EXAMPLE) from None
    protocol = _SCHEMES.get(parts.scheme.lower())
    if protocol is None:
        raise BadEndpoint(
            f"{_shown(text)!r}: no BMC protocol is called {parts.scheme!r}", hint=_scheme_hint(parts.scheme)
        )
    if parts.username is not None or parts.password is not None:
        raise BadEndpoint(
            f"{parts.hostname or '?'}: a user or password does not belong into an address",
            hint="give a credential reference, such as file:/etc/metalctl/secrets.json#rack1",
        )
    address = _address(parts.hostname or "", text)
    system = _system(parts.path, parts.query, text)
    return Endpoint(address, protocol, None if port == DEFAULT_PORTS[protocol] else port, system=system)


def _bracketed(text: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(text)}]"
    except ValueError:
        return text


def _shown(text: str) -> str:
    """The text without anything that may be a password."""
    return re.sub(r"//[^/@]*@", "//…@", text)


def _scheme_hint(scheme: str) -> str:
    if scheme.lower() == "http":
        return "use https://: over http:// the password would cross the network in the clear"
    return _EXAMPLE


def _address(host: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.removesuffix(".").split(".")
    # All digits at the end is a mistyped IPv4 address, never a name.
    if not host or len(host) > 253 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadEndpoint(f"{_shown(text)!r} is not an address of a BMC", hint=_EXAMPLE)
    return host.lower()


def _system(path: str, query: str, text: str) -> str:
    asked = parse_qs(query, keep_blank_values=True)
    prefix, _, from_path = path.strip("/").partition("redfish/v1/Systems/")
    if set(asked) - {"system"} or (path.strip("/") not in ("", "redfish/v1") and (prefix or not from_path)):
        raise BadEndpoint(f"{_shown(text)!r}: only ?system=ID may follow the address", hint=_EXAMPLE)
    return asked.get("system", [from_path])[0]
