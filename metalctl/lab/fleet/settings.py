"""What a fleet is to be: how many BMCs, where, how slow, and how many of them are broken in which way."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, field

from metalctl.lab.fleet.errors import BadFault, FleetError

PASSWORD = "password"  # noqa: S105 - of BMCs that do not exist


@dataclass(frozen=True, slots=True)
class FaultShare:
    """rate: share of the BMCs (0..1) that have the fault. parameter: "" for the fault's own default."""

    name: str
    rate: float
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
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
        try:
            first = ipaddress.IPv4Address(self.base)
            last = first + (self.count - 1)
        except ValueError as error:
            raise FleetError(f"{self.base!r} is no IPv4 address: {error}", hint="use one like 127.77.0.1") from None
        if self.count < 1 or not (first.is_loopback and last.is_loopback):
            raise FleetError(
                f"{self.count} BMCs from {self.base} do not fit into 127.0.0.0/8",
                hint="simulated BMCs are served on loopback only; use a base like 127.77.0.1",
            )
        return [str(first + index) for index in range(self.count)]


def parse_fault(text: str) -> FaultShare:
    """NAME=RATE or NAME:PARAMETER=RATE; RATE is a share (0.05) or a percentage (5%). Raises BadFault."""
    from metalctl.lab.fleet.faults import find, names

    left, equals, right = text.rpartition("=")
    name, _, parameter = (left if equals else right).partition(":")
    if name not in names():
        raise BadFault(f"no fault is called {name!r}", hint="there are: " + ", ".join(names()))
    try:
        rate = (float(right.removesuffix("%")) / 100 if right.endswith("%") else float(right)) if equals else 1.0
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise BadFault(f"fault {name}: {right!r} is no share", hint="write it like 0.05 or 5%")
    if parameter and find(name).numeric and not _is_number(parameter):
        raise BadFault(
            f"fault {name}: {parameter!r} is no number", hint=f"write it like {name}:{find(name).default}=5%"
        )
    return FaultShare(name, rate, parameter)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
