"""What was found of each bond, and of the ports beside the bonds. `_ports` chooses.

One cause gives one finding: where a port that is there explains why the bond is short, that port is named with what is
wrong with it; `members` fails only for ports that are not there at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model.finding import Finding
from metalctl.model.frus import fru
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._lists import reason
from metalctl.model.match._ports import Choice, Objection, card, choose
from metalctl.model.match._switches import Switches
from metalctl.model.match._words import fixed, plain, plural, written
from metalctl.model.profile import BondRequirement, NicRequirement, Range
from metalctl.model.units import format_rate


def findings(
    inventory: Inventory, bonds: tuple[BondRequirement, ...], nics: tuple[NicRequirement, ...]
) -> Iterator[Finding]:
    """The findings of the bonds in the profile's order, then of the other ports."""
    choices = choose(inventory, bonds)
    for choice in choices:
        yield from _bond(inventory, choice)
    used = {id(nic) for choice in choices for nic in choice.ports}
    for index, need in enumerate(nics):
        yield _beside(inventory, f"network.nics.{index}", need, [nic for nic in inventory.nics if id(nic) not in used])


def _unlisted(asked: Asked) -> bool:
    """Whether no port is listed and that does not say that there is none."""
    return not asked.inventory.nics and (asked.inventory.source != "in-band" or bool(asked.why))


def _speed(bounds: Range | None) -> str:
    return f" of {written(bounds, format_rate)}" if bounds else ""


def _bond(inventory: Inventory, choice: Choice) -> Iterator[Finding]:
    need, name = choice.need, f"network.{choice.need.name}"
    asked = Asked(inventory, f"{name}.members", f"{plural(need.members, 'port')}{_speed(need.speed)}", "nics")
    if _unlisted(asked):
        yield asked.unknown()
        return
    missing, got = need.members - len(choice.ports), _listed(choice.ports)
    if missing <= 0:
        yield asked.judged(True, got, "", *of(choice.ports))
        yield from _passed(inventory, choice, name)
        return
    culprits, others = choice.objections[:missing], choice.objections[missing:]
    also = f"; other ports: {', '.join(f'{o.nic.label} ({o.got})' for o in others)}" if others else ""
    for culprit in culprits:
        yield _culprit(inventory, name, culprit, also)
    if len(culprits) < missing:
        # Ports that are not there at all; where not all ports could be read, nobody can tell.
        summary = f"{len(choice.ports)} of {plural(need.members, 'port')}, {missing} missing"
        see = "".join(f"; see {c.nic.label}" for c in culprits)
        if why := asked.why:
            yield asked.unsure(got, f"{summary}: but {why}: fix that and inspect again{see}")
        else:
            yield asked.judged(False, got, f"{summary}: fit a card, or plug its cable in{see}")


def _listed(ports: tuple[Nic, ...] | list[Nic]) -> str:
    return ", ".join(f"{nic.name} {nic.mac} {_rate(nic)}" for nic in ports) or "none"


def _rate(nic: Nic) -> str:
    return format_rate(nic.speed) if nic.speed is not None else "speed not stated"


def _passed(inventory: Inventory, choice: Choice, name: str) -> Iterator[Finding]:
    need = choice.need
    if need.speed:
        got = ", ".join(sorted({_rate(nic) for nic in choice.ports}))
        yield Asked(inventory, f"{name}.speed", written(need.speed, format_rate), "nics").judged(True, got, "")
    if need.distinct_switches:
        got = ", ".join(map(Switches(choice.ports).shown, choice.ports))
        yield Asked(inventory, f"{name}.switches", "one switch each", "nics").judged(True, got, "")
    if need.distinct_cards:
        got = ", ".join(map(card, choice.ports))
        yield Asked(inventory, f"{name}.cards", "one card each", "nics").judged(True, got, "")


def _culprit(inventory: Inventory, bond: str, culprit: Objection, also: str) -> Finding:
    asked = Asked(inventory, f"{bond}.{culprit.what}", culprit.expected, "nics")
    part, frus = of([culprit.nic])
    if not culprit.known:
        return asked.unsure(culprit.got, _why(inventory, culprit) + also, part, frus)
    # A port that could not be read may be the one that serves.
    if why := asked.why:
        return asked.unsure(culprit.got, f"{culprit.remedy}; but {fixed(why)}{also}", part, frus)
    return asked.judged(False, culprit.got, culprit.remedy + also, part, frus)


def _why(inventory: Inventory, culprit: Objection) -> str:
    """The remedy of a fact that is lacking, with what the collector said of it."""
    fact = {"switches": "neighbour", "cards": "pci"}.get(culprit.what, culprit.what)
    said = reason(inventory, f"nics.{culprit.nic.name}.{fact}") or reason(inventory, f"nics.{fact}")
    return fixed(f"{culprit.remedy}{f': {said}' if said else ''}")


def _beside(inventory: Inventory, name: str, need: NicRequirement, free: list[Nic]) -> Finding:
    noun = "port" if need.count.text.strip() == "1" else "ports"
    asked = Asked(inventory, name, f"{written(need.count)} {noun}{_speed(need.speed)}", "nics")
    if _unlisted(asked):
        return asked.unknown()
    fit = [n for n in free if _fits(n, need.speed)]
    unsure = [n for n in free if _fits(n, need.speed) is None]
    got, low = _listed(fit), need.count.low or 0
    if len(fit) < low and (low <= len(fit) + len(unsure) or asked.why):
        part, frus = of(unsure)
        why = f"{part} does not state its link or speed" if unsure else asked.why
        return asked.unsure(got, f"{why}: fix that and inspect again with the link up", part, frus)
    if need.count.high is not None and len(fit) > need.count.high:
        remedy = f'{plural(len(fit), "port")} with a link: unplug what is too much, or write count: ">= {plain(low)}"'
        return asked.judged(False, got, remedy)
    wrong = [n for n in free if n not in fit]
    said = ", ".join(f"{n.label} ({_rate(n) if n.link else 'no link'})" for n in wrong)
    remedy = f"plug the missing cable in, or check the ports' speeds: {said}"
    return asked.judged(need.count.holds(len(fit)), got, remedy.rstrip(": "), frus=map(fru, wrong))


def _fits(nic: Nic, speed: Range | None) -> bool | None:
    """Whether it has a link of that speed; None when it does not state it."""
    if not nic.link or speed is None:
        return nic.link
    return None if nic.speed is None else speed.holds(nic.speed)
