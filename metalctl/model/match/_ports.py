"""Which ports form which bond, and what is wrong with those that should.

Bonds choose in the order of the speed they ask for, fastest first. Members have one speed (LACP aggregates no others),
the fastest of which there are enough; ports of one switch are preferred, unless the profile wants distinct ones. Where
it wants distinct switches or cards, as many ports are chosen as can be without sharing one (a maximum matching of cards
and switches). A port is known by its permanent MAC.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match._switches import Switches
from metalctl.model.match._words import written
from metalctl.model.profile import BondRequirement, Range
from metalctl.model.run import BondSpec
from metalctl.model.units import format_rate

# No machine has so many; the matching recurses once a card.
_MOST_PORTS = 512


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a port cannot be a member. what: "speed", "link", "mtu", "mac", "switches" or "cards".

    known: False if unsure.
    """

    nic: Nic
    what: str
    expected: str
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
    free = sorted(inventory.nics, key=lambda nic: nic.mac)
    macs = Counter(nic.mac for nic in free)
    doubled = frozenset(mac for mac, count in macs.items() if mac and count > 1)
    choices: dict[str, Choice] = {}
    for need in sorted(needs, key=lambda n: -((n.speed.low or 0) if n.speed else 0)):
        choice = _choose(need, free, doubled)
        taken = {id(nic) for nic in choice.ports}
        free = [nic for nic in free if id(nic) not in taken]
        choices[need.name] = choice
    return [choices[need.name] for need in needs]


def card(nic: Nic) -> str:
    """What the ports of one adapter share: its slot, else the PCI address without the function; "" if not stated."""
    return nic.slot or nic.pci.rpartition(".")[0]


def _choose(need: BondRequirement, free: list[Nic], doubled: frozenset[str]) -> Choice:
    fit, objections = [], []
    for nic in free:
        if objection := _objection(nic, need) or _nameless(nic, doubled):
            objections.append(objection)
        else:
            fit.append(nic)
    alike, rest = _alike(fit, need)
    ports, more = _apart(alike, need) if need.distinct_switches or need.distinct_cards else (_near(alike, need), [])
    return Choice(need, ports, _ranked([*objections, *rest, *more], ports))


def _objection(nic: Nic, need: BondRequirement) -> Objection | None:
    if nic.link is False:
        remedy = f"{nic.label} has no link: plug its cable in, or replace it"
        return Objection(nic, "link", "link", "no link", remedy)
    if need.mtu > 1500 and nic.max_mtu is not None and nic.max_mtu < need.mtu:
        remedy = f"{nic.label} carries at most MTU {nic.max_mtu}: use another port, or a profile with that MTU"
        return Objection(nic, "mtu", f"MTU {need.mtu}", f"max MTU {nic.max_mtu}", remedy)
    return _too_slow(nic, need.speed) or _unsure(nic, need)


def _too_slow(nic: Nic, wanted: Range | None) -> Objection | None:
    if wanted is None or nic.speed is None or wanted.holds(nic.speed):
        return None
    at, expected = format_rate(nic.speed), written(wanted, format_rate)
    remedy = f"{nic.label} at {at}: expected {expected}; check cable, transceiver and {_far_end(nic)}"
    return Objection(nic, "speed", expected, at, remedy)


def _unsure(nic: Nic, need: BondRequirement) -> Objection | None:
    if nic.link is None or (nic.speed is None and need.speed is not None):
        lacks = "link" if nic.link is None else "speed"
        expected = written(need.speed, format_rate) if need.speed and lacks == "speed" else "link"
        return Objection(nic, lacks, expected, "not stated", f"{nic.label} does not state its {lacks}", known=False)
    return None


def _nameless(nic: Nic, doubled: frozenset[str]) -> Objection | None:
    """A bond is made of permanent addresses: a port without one, or two that share one, cannot be told apart."""
    if nic.mac and nic.mac not in doubled:
        return None
    got = "shared with another port" if nic.mac else "not stated"
    why = "shares its permanent MAC with another port" if nic.mac else "does not state its permanent MAC"
    remedy = f"{nic.label} {why}: update its firmware, or replace the card"
    return Objection(nic, "mac", "a permanent MAC of its own", got, remedy, known=False)


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
    rate = format_rate(best)
    remedy = "{}: members of one bond have one speed, the others run at {}; set the ports alike"
    return by_speed[best], [
        Objection(nic, "speed", f"{rate}, as its other ports", format_rate(speed), remedy.format(nic.label, rate))
        for speed, others in by_speed.items()
        if speed != best
        for nic in others
    ]


def _near(ports: list[Nic], need: BondRequirement) -> tuple[Nic, ...]:
    """As many ports as the bond has, of one switch if one has enough."""
    by_switch: dict[str, list[Nic]] = defaultdict(list)
    switches = Switches(ports)
    for nic in ports:
        by_switch[switches.of(nic)].append(nic)
    whole = [group for switch, group in sorted(by_switch.items()) if switch and len(group) >= need.members]
    return tuple((whole[0] if whole else ports)[: need.members])


def _apart(ports: list[Nic], need: BondRequirement) -> tuple[tuple[Nic, ...], list[Objection]]:
    """As many ports as can be of which no two share what they must not; and why the others cannot join."""
    silent, usable, switches = [], [], Switches(ports)
    for nic in ports:
        if objection := _hidden(nic, need, switches):
            silent.append(objection)
        else:
            usable.append(nic)
    edges = [
        (card(nic) if need.distinct_cards else nic.mac, switches.of(nic) if need.distinct_switches else nic.mac, nic)
        for nic in usable
    ]
    chosen = _matched(edges[:_MOST_PORTS])[: need.members]
    taken = {id(nic) for nic in chosen}
    others = [nic for nic in usable if id(nic) not in taken]
    return tuple(chosen), [*silent, *(_shares(nic, chosen, need, switches) for nic in others)]


def _hidden(nic: Nic, need: BondRequirement, switches: Switches) -> Objection | None:
    if need.distinct_switches and nic.several:
        remedy = f"more than one neighbour was heard on {nic.label}, so its switch is not known"
        return Objection(nic, "switches", "one switch each", nic.several, remedy, known=False)
    if need.distinct_switches and nic.neighbour and not switches.of(nic):
        remedy = (
            f"{nic.label} hears a switch without a chassis id, and several switches have its name: give each its own"
        )
        return Objection(nic, "switches", "one switch each", switches.shown(nic), remedy, known=False)
    if need.distinct_switches and not nic.neighbour:
        remedy = f"{nic.label} shows no LLDP neighbour, so its switch is not known: enable LLDP on the switch port"
        return Objection(nic, "switches", "one switch each", "no LLDP neighbour", remedy, known=False)
    if need.distinct_cards and not card(nic):
        remedy = f"{nic.label} states neither slot nor PCI address, so its card is not known"
        return Objection(nic, "cards", "one card each", "not stated", remedy, known=False)
    return None


def _shares(nic: Nic, chosen: list[Nic], need: BondRequirement, switches: Switches) -> Objection:
    if need.distinct_switches and switches.of(nic) in map(switches.of, chosen):
        remedy = f"{nic.label} is on a switch that another member uses: move its cable to the other switch"
        return Objection(nic, "switches", "one switch each", switches.shown(nic), remedy)
    remedy = f"{nic.label} is on a card that another member uses: use a port of another card, or fit one"
    return Objection(nic, "cards", "one card each", f"card {card(nic)}", remedy)


def _matched(edges: list[tuple[str, str, Nic]]) -> list[Nic]:
    """The largest set of ports that share neither the first key nor the second: Kuhn's bipartite matching."""
    by_left: dict[str, list[tuple[str, Nic]]] = defaultdict(list)
    for left, right, nic in edges:
        by_left[left].append((right, nic))
    held: dict[str, tuple[str, Nic]] = {}

    def place(left: str, tried: set[str]) -> bool:
        for right, nic in by_left[left]:
            if right in tried:
                continue
            tried.add(right)
            if right not in held or place(held[right][0], tried):
                held[right] = left, nic
                return True
        return False

    for left in by_left:
        place(left, set())
    return sorted((nic for _, nic in held.values()), key=lambda nic: nic.mac)


def _ranked(objections: list[Objection], ports: tuple[Nic, ...]) -> list[Objection]:
    """Likeliest culprit first: a port of a card that the bond already uses, then what has a link, then the fastest."""
    cards = {card(nic) for nic in ports if card(nic)}
    drivers = {nic.driver for nic in ports if nic.driver}

    def key(o: Objection) -> tuple[bool, bool, bool, int, str]:
        nic = o.nic
        return (card(nic) not in cards, nic.driver not in drivers, nic.link is False, -(nic.speed or 0), nic.mac)

    return sorted(objections, key=key)
