"""What was found against what is expected: who is it, who is missing, who is nobody's.

A machine is known by the MAC address of its BMC, else by its serial, else by the address that the manifest gives it.
What the BMC does not tell without a login stays UNKNOWN: `differences` compares it once somebody has logged in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metalctl.bmc.discovery.manifest import Machine
from metalctl.bmc.endpoint import parse_endpoint
from metalctl.bmc.protocol import Probe
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity, usable_serial
from metalctl.model.verdict import Verdict, combine


@dataclass(frozen=True, slots=True)
class Match:
    """An expected machine and what answered as it. by: "mac", "serial" or "address"."""

    machine: Machine
    probe: Probe
    by: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """FAIL: it is not the machine that was listed; UNKNOWN: it does not tell."""
        return combine(f.verdict for f in self.findings)


@dataclass(frozen=True, slots=True)
class Comparison:
    """unlisted: nobody expected them, they are not enrolled. missing: nothing answered as them."""

    matches: tuple[Match, ...]
    unlisted: tuple[Probe, ...]
    missing: tuple[Machine, ...]

    @property
    def failed(self) -> bool:
        """Whether a machine is missing, or is not the one that was listed."""
        return bool(self.missing) or any(m.verdict is Verdict.FAIL for m in self.matches)


def compare(machines: Iterable[Machine], probes: Iterable[Probe]) -> Comparison:
    """Each machine with at most one probe; MAC addresses first, since they prove most."""
    machines, probes = list(machines), list(probes)
    left, taken = dict(enumerate(probes)), dict[int, tuple[int, str]]()
    for by in ("mac", "serial", "address"):
        for number, machine in enumerate(machines):
            if number in taken:
                continue
            if (hit := next((n for n, probe in left.items() if _is(machine, probe, by)), None)) is not None:
                taken[number] = (hit, by)
                del left[hit]
    matches = [_match(machines[m], probes[p], by, machines) for m, (p, by) in sorted(taken.items())]
    missing = tuple(m for n, m in enumerate(machines) if n not in taken)
    return Comparison(tuple(matches), tuple(left.values()), missing)


def differences(machine: Machine, identity: Identity, bmc_mac: str = "", source: str = "") -> tuple[Finding, ...]:
    """What a machine that was logged into says of itself against the manifest. bmc_mac: "" when not told."""
    return tuple(_findings(machine, usable_serial(identity.serial), bmc_mac, source or "login", ()))


def _is(machine: Machine, probe: Probe, by: str) -> bool:
    if by == "address":
        places = (probe.endpoint.address, *(parse_endpoint(one).address for one in probe.at))
        return bool(machine.address) and machine.address in places
    listed, told = (machine.mac, probe.mac) if by == "mac" else (machine.serial, probe.serial)
    return bool(listed) and listed.lower() == told.lower()


def _match(machine: Machine, probe: Probe, by: str, machines: list[Machine]) -> Match:
    source = f"{probe.protocol} {probe.endpoint}"
    others = [m for m in machines if m is not machine]
    return Match(machine, probe, by, tuple(_findings(machine, probe.serial, probe.mac, source, others)))


def _findings(machine: Machine, serial: str, mac: str, source: str, others: Iterable[Machine]) -> Iterable[Finding]:
    if machine.serial:
        owner = next((m for m in others if m.serial and m.serial.lower() == serial.lower()), None)
        yield _finding("serial", machine, machine.serial, serial, source, owner)
    if machine.mac:
        owner = next((m for m in others if m.mac and m.mac == mac), None)
        yield _finding("mac", machine, machine.mac, mac, source, owner)


def _finding(what: str, machine: Machine, listed: str, got: str, source: str, owner: Machine | None) -> Finding:
    verdict = Verdict.UNKNOWN if not got else Verdict.PASS if listed.lower() == got.lower() else Verdict.FAIL
    remedy = ""
    if verdict is Verdict.UNKNOWN:
        remedy = "log in to compare it: the BMC does not report it without a login, or is not on this segment"
    elif owner:
        remedy = f"that is {owner.label}: are the two swapped?"
    elif verdict is Verdict.FAIL:
        remedy = "correct the manifest, or find out whose machine it is before a credential is sent to it"
    # Not told without a login is no reason to stop: the same is compared after it.
    severity = "warning" if verdict is Verdict.UNKNOWN else "error"
    return Finding(f"expected.{what}", verdict, listed, got or "not reported", machine.label, source, remedy, severity)
