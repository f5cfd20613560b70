"""Ports: which belong to which bond, and what is wrong with those that should.

Bonds choose in the order of the speed they ask for, fastest first. Members have one speed (LACP aggregates no others),
the fastest of which there are enough; ports of one switch are preferred, unless the profile wants distinct ones. A port
is known by its permanent MAC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match._verdicts import judged, plural, reason, unknown, written
from metalctl.model.profile import BondRequirement, NicRequirement, Range
from metalctl.model.run import BondSpec
from metalctl.model.units import format_rate
from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a port cannot be a member. what: "speed", "link", "mtu" or "switches"; known: False if unsure."""

    nic: Nic
    what: str
    got: str
    remedy: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """The ports of one bond, and the objections to the others, likeliest culprit first."""

    need: BondRequirement
    ports: tuple[Nic, ...]
    objections: list[Objection] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether the bond can be made."""
        return len(self.ports) == self.need.members

    @property
    def spec(self) -> BondSpec:
        """The bond for the node room."""
        need = self.need
        macs = tuple(sorted(nic.mac for nic in self.ports))
        speed = self.ports[0].speed if self.ports else None
        rate = need.speed.low if need.speed and need.speed.low is not None else speed
        return BondSpec(
            need.name, macs, need.mode, need.mtu, need.lacp_rate, need.hash_policy, float(rate) if rate else None
        )


def choose(inventory: Inventory, needs: tuple[BondRequirement, ...]) -> list[Choice]:
    """The choice for each bond, in the profile's order."""
    free = [nic for nic in sorted(inventory.nics, key=lambda nic: nic.mac) if nic.mac]
    choices: dict[str, Choice] = {}
    for need in sorted(needs, key=lambda n: -((n.speed.low or 0) if n.speed else 0)):
        choice = _choose(need, free)
        free = [nic for nic in free if nic not in choice.ports]
        choices[need.name] = choice
    return [choices[need.name] for need in needs]


def _choose(need: BondRequirement, free: list[Nic]) -> Choice:
    objections = [o for nic in free if (o := _objection(nic, need))]
    objected = [o.nic for o in objections]
    fit = [nic for nic in free if nic not in objected]
    alike, rest = _alike(fit, need)
    ports, more = _by_switch(alike, need)
    return Choice(need, ports, _ranked([*objections, *rest, *more], ports))


def _objection(nic: Nic, need: BondRequirement) -> Objection | None:
    if nic.link is False:
        return Objection(nic, "link", "no link", f"{nic.label} has no link: plug its cable in, or replace it")
    if need.mtu > 1500 and nic.max_mtu is not None and nic.max_mtu < need.mtu:
        remedy = f"{nic.label} carries at most MTU {nic.max_mtu}: use another port, or a profile with that MTU"
        return Objection(nic, "mtu", f"max MTU {nic.max_mtu}", remedy)
    return _too_slow(nic, need.speed) or _unsure(nic, need)


def _too_slow(nic: Nic, wanted: Range | None) -> Objection | None:
    if wanted is None or nic.speed is None or wanted.holds(nic.speed):
        return None
    at = format_rate(nic.speed)
    remedy = (
        f"{nic.label} at {at}: expected {written(wanted, format_rate)}; check cable, transceiver and {_far_end(nic)}"
    )
    return Objection(nic, "speed", at, remedy)


def _unsure(nic: Nic, need: BondRequirement) -> Objection | None:
    if nic.link is None or (nic.speed is None and need.speed is not None):
        lacks = "link" if nic.link is None else "speed"
        return Objection(nic, lacks, "not stated", f"{nic.label} does not state its {lacks}", known=False)
    return None


def _far_end(nic: Nic) -> str:
    """The switch port as LLDP names it."""
    if nic.neighbour:
        return f"switch port {nic.neighbour.port} of {nic.neighbour.switch}"
    return "the switch port (no LLDP neighbour was seen)"


def _alike(fit: list[Nic], need: BondRequirement) -> tuple[list[Nic], list[Objection]]:
    """The ports of the best speed, and why the others cannot join them."""
    if need.mode == "active-backup":
        return fit, []
    by_speed: dict[int, list[Nic]] = defaultdict(list)
    for nic in fit:
        by_speed[nic.speed or 0].append(nic)
    if not by_speed:
        return [], []
    best = max(by_speed, key=lambda speed: (min(len(by_speed[speed]), need.members), speed))
    others = [nic for nic in fit if nic not in by_speed[best]]
    rate = format_rate(best)
    remedy = "{}: members of one bond have one speed, the others run at {}; set the ports alike"
    return by_speed[best], [
        Objection(nic, "speed", format_rate(nic.speed or 0), remedy.format(nic.label, rate)) for nic in others
    ]


def _by_switch(ports: list[Nic], need: BondRequirement) -> tuple[tuple[Nic, ...], list[Objection]]:
    """As many ports as the bond has, chosen by the switch at their other end."""
    by_switch: dict[str, list[Nic]] = defaultdict(list)
    for nic in ports:
        by_switch[nic.neighbour.switch if nic.neighbour else ""].append(nic)
    if not need.distinct_switches:
        whole = [group for switch, group in sorted(by_switch.items()) if switch and len(group) >= need.members]
        return tuple((whole[0] if whole else ports)[: need.members]), []
    silent = by_switch.pop("", [])
    chosen = [group[0] for _, group in sorted(by_switch.items())][: need.members]
    unsure = "{} shows no LLDP neighbour, so its switch is not known: enable LLDP on the switch port"
    double = "{} is on a switch that another member uses: move its cable to the other switch"
    return tuple(chosen), [
        *(Objection(nic, "switches", "no LLDP neighbour", unsure.format(nic.label), known=False) for nic in silent),
        *(
            Objection(
                nic, "switches", group[0].neighbour.switch if group[0].neighbour else "", double.format(nic.label)
            )
            for group in by_switch.values()
            for nic in group[1:]
        ),
    ]


def _ranked(objections: list[Objection], ports: tuple[Nic, ...]) -> list[Objection]:
    """Likeliest culprit first: a port of a card that the bond already uses, then what has a link, then the fastest."""
    cards = {_card(nic) for nic in ports if nic.pci}
    drivers = {nic.driver for nic in ports if nic.driver}

    def key(o: Objection) -> tuple[bool, bool, bool, int, str]:
        nic = o.nic
        return (_card(nic) not in cards, nic.driver not in drivers, nic.link is False, -(nic.speed or 0), nic.mac)

    return sorted(objections, key=key)


def _card(nic: Nic) -> str:
    return nic.pci.rpartition(".")[0]


def findings(
    inventory: Inventory, bonds: tuple[BondRequirement, ...], nics: tuple[NicRequirement, ...]
) -> Iterator[Finding]:
    """What was found of each bond, and of the ports beside the bonds."""
    choices = choose(inventory, bonds)
    for choice in choices:
        yield from _bond(inventory, choice)
    used = {nic.mac for choice in choices for nic in choice.ports}
    for index, need in enumerate(nics):
        yield _beside(inventory, f"network.nics.{index}", need, [nic for nic in inventory.nics if nic.mac not in used])


def _bond(inventory: Inventory, choice: Choice) -> Iterator[Finding]:
    need, name = choice.need, f"network.{choice.need.name}"
    speed = f" of {written(need.speed, format_rate)}" if need.speed else ""
    expected = f"{plural(need.members, 'port')}{speed}"
    if not inventory.nics and (inventory.source != "in-band" or reason(inventory, "nics")):
        yield unknown(inventory, f"{name}.members", expected, "nics")
        return
    missing = need.members - len(choice.ports)
    got = ", ".join(f"{nic.name} {nic.mac} {_rate(nic)}" for nic in choice.ports) or "none"
    if missing <= 0:
        yield judged(inventory, f"{name}.members", True, expected, got, "", ", ".join(n.label for n in choice.ports))
        yield from _passed(inventory, choice)
        return
    culprits = choice.objections[:missing]
    for culprit in culprits:
        yield _culprit(inventory, need, culprit)
    verdict = Verdict.FAIL if len(culprits) < missing or any(c.known for c in culprits) else Verdict.UNKNOWN
    others = choice.objections[missing:]
    look = "see " + ", ".join(c.nic.label for c in culprits) if culprits else "fit a card, or plug its cable in"
    also = f"; other ports: {', '.join(f'{o.nic.label} ({o.got})' for o in others)}" if others else ""
    remedy = f"{len(choice.ports)} of {plural(need.members, 'port')}, {missing} missing: {look}{also}"
    yield Finding(f"{name}.members", verdict, expected, got, "", inventory.source, remedy)


def _rate(nic: Nic) -> str:
    return format_rate(nic.speed) if nic.speed is not None else "speed not stated"


def _passed(inventory: Inventory, choice: Choice) -> Iterator[Finding]:
    need, name = choice.need, f"network.{choice.need.name}"
    if need.speed:
        got = ", ".join(sorted({_rate(nic) for nic in choice.ports}))
        yield judged(inventory, f"{name}.speed", True, written(need.speed, format_rate), got, "")
    if need.distinct_switches:
        got = ", ".join(nic.neighbour.switch for nic in choice.ports if nic.neighbour)
        yield judged(inventory, f"{name}.switches", True, "one switch each", got, "")


def _culprit(inventory: Inventory, need: BondRequirement, culprit: Objection) -> Finding:
    expected = {
        "speed": written(need.speed, format_rate) if need.speed else "one speed",
        "link": "link",
        "mtu": f"MTU {need.mtu}",
        "switches": "one switch each",
    }[culprit.what]
    verdict, remedy = (Verdict.FAIL, culprit.remedy) if culprit.known else (Verdict.UNKNOWN, _why(inventory, culprit))
    name = f"network.{need.name}.{culprit.what}"
    return Finding(name, verdict, expected, culprit.got, culprit.nic.label, inventory.source, remedy)


def _why(inventory: Inventory, culprit: Objection) -> str:
    """The remedy of a fact that is lacking, with what the collector said of it."""
    fact = {"switches": "neighbour"}.get(culprit.what, culprit.what)
    said = reason(inventory, f"nics.{culprit.nic.name}.{fact}") or reason(inventory, f"nics.{fact}")
    return f"{culprit.remedy}{f': {said}' if said else ''}; mend that and inspect again"


def _beside(inventory: Inventory, name: str, need: NicRequirement, free: list[Nic]) -> Finding:
    speed = f" of {written(need.speed, format_rate)}" if need.speed else ""
    expected = f"{written(need.count)} ports{speed}"
    if not inventory.nics and (inventory.source != "in-band" or reason(inventory, "nics")):
        return unknown(inventory, name, expected, "nics")
    fit = [n for n in free if n.link and (need.speed is None or (n.speed is not None and need.speed.holds(n.speed)))]
    unsure = [n for n in free if n.link is None or (n.link and need.speed is not None and n.speed is None)]
    got = ", ".join(f"{n.name} {n.mac} {_rate(n)}" for n in fit) or "none"
    if len(fit) < (need.count.low or 0) <= len(fit) + len(unsure):
        part = ", ".join(n.label for n in unsure)
        remedy = f"{part} does not state its link or speed: inspect again with the link up"
        return Finding(name, Verdict.UNKNOWN, expected, got, part, inventory.source, remedy)
    remedy = "plug the missing cable in, or check the ports' speeds: " + ", ".join(
        f"{n.label} ({_rate(n) if n.link else 'no link'})" for n in free if n not in fit
    )
    return judged(inventory, name, need.count.holds(len(fit)), expected, got, remedy.rstrip(": "))
