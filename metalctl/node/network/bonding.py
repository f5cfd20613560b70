"""Making one bond under a running session, and taking it back.

The order is what keeps the session alive: addresses and routes of the members are remembered on disk first, the bond
gets the MAC of the member that carries the address (so DHCP, ARP and the switch go on knowing it), the members are
taken in, and the address and its routes move over. TCP survives the pause. Then the bond must come up with its LACP
partner and all ports in one aggregator, or everything is taken back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from metalctl.model.codec import decode, encode
from metalctl.model.inventory import Bond
from metalctl.model.run import BondSpec
from metalctl.node import order
from metalctl.node.errors import NodeError
from metalctl.node.network.kernel import MODES, POLICIES, RATES, Address, Kernel, KernelRefused, Link, Route

STATE = Path("/run/metalctl/network")
_NO_PARTNER = ("", "00:00:00:00:00:00")


class NetworkFailed(NodeError):
    """The bond does not stand, and what was before was put back. fields: bond, missing or state."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the members had: the carrier is the member with the address (or the first)."""

    spec: BondSpec
    carrier: str
    mtus: dict[str, int]
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes and unmakes bonds. tell/forget: what else manages the ports; deadline: seconds for LACP."""

    kernel: Kernel
    tell: Callable[..., None]
    forget: Callable[[BondSpec], None]
    state: Path = STATE
    deadline: float = 45.0
    sleep: Callable[[float], None] = time.sleep

    def make(self, spec: BondSpec) -> Bond:
        """The bond as the spec says, or NetworkFailed and the ports as they were. Nothing is touched when it stands."""
        check(spec)
        self._members(spec)
        bond = self.kernel.bond(spec.name)
        if bond and differences(bond, spec) == [] and not self._half_made(spec.name):
            return bond
        self.undo(spec.name)
        members = self._members(spec)
        self._refuse_taken(spec, members)
        before = self._remember(spec, members)
        try:
            self._assemble(before, members)
            made = self._wait(spec)
            self._path(spec.name, "done").touch()
            return made
        except BaseException:
            self.undo(spec.name)
            raise

    def undo(self, name: str) -> bool:
        """Take a bond of ours back; False when it is not ours or not there."""
        path = self._path(name)
        if not path.exists():
            return False
        self._path(name, "done").unlink(missing_ok=True)
        before = decode(Before, json.loads(path.read_text()))
        if any(link.name == name for link in self.kernel.links()):
            self.kernel.delete(name)
        self.forget(before.spec)
        for member, mtu in before.mtus.items():
            self.kernel.set_mtu(member, mtu)
            self.kernel.set_up(member, True)
        self._give(before.carrier, before)
        path.unlink()
        return True

    def _path(self, name: str, kind: str = "json") -> Path:
        return self.state / f"{name}.{kind}"

    def _half_made(self, name: str) -> bool:
        """Begun by a run that was killed: the address may not have moved yet."""
        return self._path(name).exists() and not self._path(name, "done").exists()

    def _members(self, spec: BondSpec) -> list[Link]:
        """The ports by permanent MAC, in the order of the spec."""
        by_mac = {link.permanent: link for link in self.kernel.links() if link.permanent}
        if missing := [mac for mac in spec.members if mac not in by_mac]:
            raise NetworkFailed(
                f"{spec.name}: no port has the permanent MAC {', '.join(missing)}",
                hint="inspect the node again: a card was moved, or its driver is not loaded",
                bond=spec.name,
                missing=missing,
            )
        return [by_mac[mac] for mac in spec.members]

    def _refuse_taken(self, spec: BondSpec, members: list[Link]) -> None:
        if any(link.name == spec.name for link in self.kernel.links()):
            raise NetworkFailed(
                f"{spec.name} exists and metalctl did not make it", hint=f"remove it: ip link del {spec.name}"
            )
        if taken := [f"{m.name} is in {m.master}" for m in members if m.master]:
            raise NetworkFailed(f"{spec.name}: {'; '.join(taken)}", hint="take the port out of it first")

    def _remember(self, spec: BondSpec, members: list[Link]) -> Before:
        carrying = [m for m in members if self.kernel.addresses(m.name)]
        # The session may come over any address, but a node has one default route.
        carrying.sort(key=lambda m: all(r.target for r in self.kernel.routes(m.name)))
        carrier = (carrying or members)[0].name
        before = Before(
            spec,
            carrier,
            {m.name: m.mtu for m in members},
            self.kernel.addresses(carrier),
            self.kernel.routes(carrier),
        )
        self.state.mkdir(parents=True, exist_ok=True)
        order.put(self._path(spec.name), json.dumps(encode(before)))
        return before

    def _assemble(self, before: Before, members: list[Link]) -> None:
        spec = before.spec
        carrier = next(m for m in members if m.name == before.carrier)
        self.tell(spec, lease=bool(before.addresses))
        self.kernel.add_bond(spec, carrier.permanent)
        self.kernel.set_mtu(spec.name, spec.mtu)
        for member in sorted(members, key=lambda m: m.name == before.carrier):
            # A port must be down to be taken in; the one with the address goes last, so the pause is short.
            self.kernel.set_up(member.name, False)
            self.kernel.enslave(member.name, spec.name)
            for address in self.kernel.addresses(member.name):
                self.kernel.drop_address(member.name, address)
        self.kernel.set_up(spec.name, True)
        self._give(spec.name, before)

    def _give(self, name: str, before: Before) -> None:
        for address in before.addresses:
            self.kernel.add_address(name, address)
        for route in before.routes:
            self.kernel.add_route(name, route)

    def _wait(self, spec: BondSpec) -> Bond:
        left, state = self.deadline, ["it did not appear"]
        while left > 0:
            bond = self.kernel.bond(spec.name)
            if bond:
                state = differences(bond, spec)
                if not self.kernel.carrier(spec.name):
                    state.append("it has no carrier")
                if not state:
                    self.sleep(1.0)  # the last port to join is counted in the speed a moment later
                    return self.kernel.bond(spec.name) or bond
            self.sleep(0.5)
            left -= 0.5
        raise NetworkFailed(
            f"{spec.name} does not stand after {self.deadline:g} s: {'; '.join(state)}; the ports were put back",
            hint="check the cables of its members, and that the switch ports are in one LACP group (with fallback)",
            bond=spec.name,
            state=state,
        )


def check(spec: BondSpec) -> None:
    """Raises KernelRefused for a spec that no kernel understands."""
    for value, known in ((spec.mode, MODES), (spec.lacp_rate, RATES), (spec.hash_policy, POLICIES)):
        if value not in known:
            raise KernelRefused(f"{spec.name}: no bond has {value!r}", hint=f"one of {', '.join(known)}")
    if len(set(spec.members)) != len(spec.members) or not spec.members:
        raise KernelRefused(f"{spec.name}: members must be distinct ports", hint="name each MAC once")


def differences(bond: Bond, spec: BondSpec) -> list[str]:
    """What is not (yet) as the spec says, as sentences."""
    lacp, asked = spec.mode == "802.3ad", [("mode", bond.mode, spec.mode), ("MTU", bond.mtu, spec.mtu)]
    if lacp:
        asked += [("LACP rate", bond.lacp_rate, spec.lacp_rate), ("hash policy", bond.hash_policy, spec.hash_policy)]
    found = [f"{what} is {got}, not {wanted}" for what, got, wanted in asked if got != wanted]
    if sorted(bond.members) != sorted(spec.members):
        found.append(f"members are {', '.join(bond.members) or 'none'}")
    if lacp and bond.partner_mac in _NO_PARTNER:
        found.append("no LACP partner answers")
    elif lacp and bond.aggregator_ports != len(spec.members):
        found.append(f"{bond.aggregator_ports} of {len(spec.members)} ports are in the aggregator")
    return found
