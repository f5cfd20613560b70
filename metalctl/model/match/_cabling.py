"""The cabling plan against what LLDP sees: which port is where, and which two were swapped.

A line of the plan names a port of ours (kernel name, MAC, PCI address, slot and port, or a slot with one port) and the
switch port that it belongs to. The ports of a slot are counted from 1 in the order of their PCI addresses: "Slot 5
port 2". The switch is named by its name or its chassis id; a name that several switches have tells nobody which it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._lists import reason
from metalctl.model.match._switches import Switches
from metalctl.model.match._words import plural
from metalctl.model.profile import Cable
from metalctl.model.words import fits

Placed = list[tuple[Cable, Nic]]


def findings(inventory: Inventory, plan: tuple[Cable, ...]) -> Iterator[Finding]:
    """One finding for each line of the plan that is about this machine."""
    ours = [cable for cable in plan if fits(inventory.identity.serial, (cable.machine,))]
    named = {cable: _ports(inventory, cable) for cable in ours}
    placed: Placed = [(cable, nics[0]) for cable, nics in named.items() if len(nics) == 1]
    if plan and not ours:
        yield _no_line(inventory, plan)
    for cable in ours:
        yield _line(Asked(inventory, f"cabling.{cable.port}", _target(cable), "nics"), cable, named[cable], placed)


def _no_line(inventory: Inventory, plan: tuple[Cable, ...]) -> Finding:
    """Every line is for another machine, or nobody knows for which."""
    asked = Asked(inventory, "cabling", f"a line of the {plural(len(plan), 'line')} of the plan", "identity")
    if not inventory.identity.serial:
        return asked.unknown(fact="identity.serial")
    return asked.skipped(f"no line is for the machine {inventory.identity.serial}")


def _ports(inventory: Inventory, cable: Cable) -> list[Nic]:
    """The ports that the line may mean: by what only one port has, by slot and port, by slot alone."""
    wanted, nics = " ".join(cable.port.lower().split()), inventory.nics
    own = [n for n in nics if wanted in (n.name.lower(), n.mac, n.pci.lower())]
    return own or [n for n in nics if wanted in _of_slot(n, nics)] or [n for n in nics if wanted == n.slot.lower()]


def _of_slot(nic: Nic, nics: Iterable[Nic]) -> set[str]:
    """How a port is called by its slot: "slot 5 port 2", "slot 5 2", "slot 5/2", "slot 5-2", "slot 5 ens5f1"."""
    beside = sorted((n for n in nics if n.slot == nic.slot), key=lambda n: (n.pci, n.name, n.mac))
    ways = [f"{mark}{word}" for word in (beside.index(nic) + 1, nic.name.lower()) for mark in (" port ", " ", "/", "-")]
    return {f"{nic.slot.lower()}{way}" for way in ways} if nic.slot else set()


def _line(asked: Asked, cable: Cable, nics: list[Nic], placed: Placed) -> Finding:
    inventory = asked.inventory
    if len(nics) > 1:
        # A slot with more ports than one: the first is as good a guess as the last.
        got = f"{plural(len(nics), 'port')}: {', '.join(n.label for n in nics)}"
        how = f'write which one in the plan, such as "{cable.port} port 1", or its MAC address'
        return asked.unsure(got, f"{cable.port} has {got}: {how}", cable.port, of(nics)[1])
    if not nics:
        if asked.why or (not inventory.nics and inventory.source != "in-band"):
            return asked.unknown(cable.port)
        remedy = f"no port of this machine is {cable.port}: correct the plan, or fit the card"
        return asked.judged(False, "no such port", remedy, cable.port)
    if nics[0].neighbour is None:
        return _silent(asked, cable, nics[0])
    got, same = str(nics[0].neighbour), _same_name(inventory, cable, nics[0])
    if len(same) > 1:
        remedy = (
            f"{len(same)} switches are called {nics[0].neighbour.switch} ({', '.join(same)}), and the plan means one:"
        )
        remedy += " give each a name of its own, or write its chassis id into the plan"
        return asked.unsure(got, remedy, *of(nics), fact="nics.neighbour")
    remedy = _move(cable, nics[0], placed)
    return asked.judged(_is_at(nics[0], cable), got, remedy, *of(nics), fact="nics.neighbour")


def _silent(asked: Asked, cable: Cable, nic: Nic) -> Finding:
    if nic.link is False:
        return asked.judged(False, "no link", f"plug the cable of {nic.label} into {asked.expected}", *of([nic]))
    said = reason(asked.inventory, f"nics.{nic.name}.neighbour") or reason(asked.inventory, "nics.neighbour")
    remedy = f"{said or f'{nic.label} shows no LLDP neighbour'}: enable LLDP on {cable.switch} and inspect again"
    if nic.several:
        remedy = f"take away what is between {nic.label} and its switch (a hub, a second switch), and inspect again"
    return asked.unsure(nic.several or "no LLDP neighbour", remedy, *of([nic]), fact="nics.neighbour")


def _target(cable: Cable) -> str:
    return cable.switch if cable.switch_port == "*" else f"{cable.switch} {cable.switch_port}"


def _is_at(nic: Nic, cable: Cable) -> bool:
    other = nic.neighbour
    if other is None or not fits(other.port, (cable.switch_port,)):
        return False
    return fits(other.switch, (cable.switch,)) or fits(other.identity, (cable.switch,))


def _same_name(inventory: Inventory, cable: Cable, nic: Nic) -> list[str]:
    """The chassis ids of the switches that have the name by which this port is where the plan wants it."""
    other = nic.neighbour
    if other is None or not _is_at(nic, cable) or (other.identity and fits(other.identity, (cable.switch,))):
        return []
    return Switches(inventory.nics).named(other.switch)


def _move(cable: Cable, nic: Nic, placed: Placed) -> str:
    """What to do with the cable: exchange it with another's, or move it."""
    here = next(((c, n) for c, n in placed if c is not cable and _is_at(nic, c)), None)
    if here is None:
        return f"move the cable of {nic.label} to {_target(cable)}"
    where = f"port {cable.port} is where {here[0].port} should be"
    if _is_at(here[1], cable):
        return f"{where}, and {here[0].port} is where {cable.port} should be: exchange their cables"
    return f"{where}: move its cable to {_target(cable)}"
