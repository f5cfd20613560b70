"""What a fleet is to be: how many BMCs, where, how slow, and how many of them are broken in which way."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from metalctl.lab.errors import FleetError

PASSWORD = "password"  # noqa: S105 - of BMCs that do not exist


@dataclass(frozen=True, slots=True)
class FaultShare:
    """rate: share of the BMCs (0..1) that have the fault. parameter: "" for the fault's own default."""

    name: str
    rate: float
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """latency, power_time (until a power state is reached), bmc_reset_time: seconds. port 0: one that is free.

    username "": the tree's first administrator. ipmi_port 0: no IPMI. base: address of the first BMC, in 127.0.0.0/8.
    first: number of the first BMC, which its serials, UUIDs and MACs are made of: two fleets may be told apart.
    lockout: failed logins in a row until the account is locked, for lockout_time seconds; 0: never.
    """

    count: int = 1
    latency: float = 0.0
    base: str = "127.77.0.1"
    port: int = 0
    tls: bool = False
    ipmi_port: int = 0
    username: str = ""
    password: str = field(default=PASSWORD, repr=False)
    faults: tuple[FaultShare, ...] = ()
    seed: int = 0
    expand: bool = True
    sessions: int = 8
    lockout: int = 5
    lockout_time: float = 30.0
    power_time: float = 0.5
    bmc_reset_time: float = 5.0
    first: int = 0

    def addresses(self) -> list[str]:
        """One a BMC, ascending; those that end in .0 or .255 are used too. Raises FleetError outside 127.0.0.0/8."""
        return loopback(self.base, self.count, "BMCs")


def loopback(base: str, count: int, what: str) -> list[str]:
    """So many addresses, ascending; what: who is to have them. Raises FleetError outside 127.0.0.0/8."""
    try:
        first = ipaddress.IPv4Address(base)
        last = first + (count - 1)
    except ValueError as error:
        raise FleetError(f"{base!r} is not an IPv4 address: {error}", hint="use one like 127.77.0.1") from None
    if count < 1 or not (first.is_loopback and last.is_loopback):
        raise FleetError(
            f"{count} {what} from {base} do not fit into 127.0.0.0/8",
            hint=f"simulated {what} are served on loopback only; use a base like 127.77.0.1",
        )
    return [str(first + index) for index in range(count)]
