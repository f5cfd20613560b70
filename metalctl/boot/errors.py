"""Errors of the boot room.

BootError               the one root
├── Refused             a phone-home that is not believed; `fields["reason"]` is a word for machines
├── PortTaken           another process has a port that the boot service needs; names it
├── DnsmasqFailed       dnsmasq did not start or died; carries its last lines
└── BadScriptValue      a value that may not be put into a boot script or a configuration file
"""

from __future__ import annotations

from collections.abc import Sequence

from metalctl.model.errors import MetalctlError


class BootError(MetalctlError):
    """The boot service cannot do what was asked."""


class Refused(BootError):
    """A phone-home that is not believed. `reason`: unknown-token, expired, spent, wrong-node, wrong-kind, …"""

    def __init__(self, reason: str, message: str, *, hint: str = "power-cycle the node: each boot gets a fresh token"):
        super().__init__(message, hint=hint, reason=reason)
        self.reason = reason


class PortTaken(BootError):
    """Somebody else listens where the boot service must."""

    def __init__(self, protocol: str, address: str, port: int, holder: str) -> None:
        who = holder or "a process that this user may not see"
        super().__init__(
            f"{protocol} port {port} on {address} is taken by {who}",
            hint="stop that process, or give the boot service an interface (or a port) of its own",
            protocol=protocol,
            address=address,
            port=port,
            holder=holder,
        )


class DnsmasqFailed(BootError):
    """dnsmasq did not come up, or is gone. status: exit code, negative for a signal, None when it was never started."""

    def __init__(self, what: str, status: int | None, tail: Sequence[str], hint: str = "") -> None:
        said = "".join(f"\n    {line}" for line in tail)
        super().__init__(
            f"{what}{said and '; its last lines:' + said}",
            hint=hint or "fix what the last lines say, then start the boot service again",
            status=status,
            tail=list(tail),
        )


class BadScriptValue(BootError):
    """A value that would change the meaning of the script or file it is written into."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(
            f"{field} {value[:80]!r} cannot be written into a boot script",
            hint="use printable ASCII without spaces; names are letters, digits, dots and dashes",
            field=field,
        )
