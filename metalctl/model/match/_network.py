"""What was found of each bond, and of the ports beside the bonds. `_ports` chooses.

One cause gives one finding: where a port that is there explains why the bond is short, that port is named with what is
wrong with it; `members` fails only for ports that are not there at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match._frus import of_nic
from metalctl.model.match._ports import Choice, Objection, card, choose
from metalctl.model.match._switches import Switches
from metalctl.model.match._verdicts import judged, mend, plain, plural, reason, source_of, unknown, written
from metalctl.model.profile import BondRequirement, NicRequirement
from metalctl.model.units import format_rate
from metalctl.model.verdict import Verdict


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
        part = ", ".join(n.label for n in choice.ports)
        yield judged(inventory, f"{name}.members", True, expected, got, "", part, fact="nics")
        yield from _passed(inventory, choice)
        return
    culprits, others = choice.objections[:missing], choice.objections[missing:]
    also = f"; other ports: {', '.join(f'{o.nic.label} ({o.got})' for o in others)}" if others else ""
    for culprit in culprits:
        yield _culprit(inventory, need, culprit, also)
    if len(culprits) < missing:
        yield _absent(inventory, choice, f"{name}.members", expected, got, culprits)


def _absent(
    inventory: Inventory, choice: Choice, name: str, expected: str, got: str, culprits: list[Objection]
) -> Finding:
    """Ports that are not there at all; where not all ports could be read, nobody can tell."""
    count, asked = len(choice.ports), choice.need.members
    why, see = reason(inventory, "nics"), "".join(f"; see {c.nic.label}" for c in culprits)
    summary = f"{count} of {plural(asked, 'port')}, {asked - count} missing"
    act = f"but {why}: mend that and inspect again" if why else "fit a card, or plug its cable in"
    verdict = Verdict.UNKNOWN if why else Verdict.FAIL
    return Finding(name, verdict, expected, got, "", source_of(inventory, "nics"), f"{summary}: {act}{see}")


def _rate(nic: Nic) -> str:
    return format_rate(nic.speed) if nic.speed is not None else "speed not stated"


def _passed(inventory: Inventory, choice: Choice) -> Iterator[Finding]:
    need, name = choice.need, f"network.{choice.need.name}"
    if need.speed:
        got = ", ".join(sorted({_rate(nic) for nic in choice.ports}))
        yield judged(inventory, f"{name}.speed", True, written(need.speed, format_rate), got, "", fact="nics")
    if need.distinct_switches:
        got = ", ".join(map(Switches(choice.ports).shown, choice.ports))
        yield judged(inventory, f"{name}.switches", True, "one switch each", got, "", fact="nics")
    if need.distinct_cards:
        yield judged(
            inventory, f"{name}.cards", True, "one card each", ", ".join(map(card, choice.ports)), "", fact="nics"
        )


def _culprit(inventory: Inventory, need: BondRequirement, culprit: Objection, also: str) -> Finding:
    # A port that could not be read may be the one that serves.
    why = reason(inventory, "nics") if culprit.known else ""
    remedy = f"{culprit.remedy}; but {mend(why)}" if why else culprit.remedy
    return Finding(
        requirement=f"network.{need.name}.{culprit.what}",
        verdict=Verdict.FAIL if culprit.known and not why else Verdict.UNKNOWN,
        expected=culprit.expected,
        got=culprit.got,
        part=culprit.nic.label,
        source=source_of(inventory, "nics"),
        remedy=(remedy if culprit.known else _why(inventory, culprit)) + also,
        frus=(of_nic(culprit.nic),),
    )


def _why(inventory: Inventory, culprit: Objection) -> str:
    """The remedy of a fact that is lacking, with what the collector said of it."""
    fact = {"switches": "neighbour", "cards": "pci"}.get(culprit.what, culprit.what)
    said = reason(inventory, f"nics.{culprit.nic.name}.{fact}") or reason(inventory, f"nics.{fact}")
    return f"{culprit.remedy}{f': {said}' if said else ''}; mend that and inspect again"


def _beside(inventory: Inventory, name: str, need: NicRequirement, free: list[Nic]) -> Finding:
    speed = f" of {written(need.speed, format_rate)}" if need.speed else ""
    expected = f"{written(need.count)} {'port' if need.count.text.strip() == '1' else 'ports'}{speed}"
    if not inventory.nics and (inventory.source != "in-band" or reason(inventory, "nics")):
        return unknown(inventory, name, expected, "nics")
    fit = [n for n in free if n.link and (need.speed is None or (n.speed is not None and need.speed.holds(n.speed)))]
    unsure = [n for n in free if n.link is None or (n.link and need.speed is not None and n.speed is None)]
    got = ", ".join(f"{n.name} {n.mac} {_rate(n)}" for n in fit) or "none"
    short = len(fit) < (need.count.low or 0)
    if short and ((need.count.low or 0) <= len(fit) + len(unsure) or reason(inventory, "nics")):
        part = ", ".join(n.label for n in unsure)
        why = f"{part} does not state its link or speed" if unsure else reason(inventory, "nics")
        remedy = f"{why}: mend that and inspect again with the link up"
        return Finding(name, Verdict.UNKNOWN, expected, got, part, source_of(inventory, "nics"), remedy,
                       frus=tuple(map(of_nic, unsure)))  # fmt: skip
    if need.count.high is not None and len(fit) > need.count.high:
        least = plain(need.count.low or 0)
        remedy = f'{plural(len(fit), "port")} with a link: unplug what is too much, or write count: ">= {least}"'
        return judged(inventory, name, False, expected, got, remedy, fact="nics")
    wrong = [n for n in free if n not in fit]
    remedy = "plug the missing cable in, or check the ports' speeds: " + ", ".join(
        f"{n.label} ({_rate(n) if n.link else 'no link'})" for n in wrong
    )
    good = need.count.holds(len(fit))
    return judged(inventory, name, good, expected, got, remedy.rstrip(": "), fact="nics", frus=map(of_nic, wrong))
