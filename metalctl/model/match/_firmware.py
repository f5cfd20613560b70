"""Firmware baselines: a bound on the version for each component, by the model of the part or of the machine.

Components nic, nvme, ssd, hdd, psu and controller are parts: a key is first held against the part's own model
("connectx-6", "*mzql2*"), then against the machine's product. All others (bios, bmc…) are the machine's. A part that no
key describes is not asked. Ports of one card are one part. What is listed and does not run (a previous image, a staged
one, a backup) is never judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from metalctl.model.finding import Finding, Fru
from metalctl.model.frus import frus
from metalctl.model.inventory import Inventory
from metalctl.model.match._asked import Asked
from metalctl.model.match._lists import reason, unread
from metalctl.model.match._ports import card
from metalctl.model.match._words import signs
from metalctl.model.words import fits, is_product

ANY = "any"
DISKS = ("nvme", "ssd", "hdd")
# Where the parts of a component are listed; only in-band an empty list says that there are none.
_LISTS = {"nic": "nics", "psu": "power_supplies", "controller": "controllers", **dict.fromkeys(DISKS, "disks")}


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that carries firmware: what it is called, its model, its version ("" not stated)."""

    label: str
    model: str
    version: str
    frus: tuple[Fru, ...] = ()


def findings(inventory: Inventory, wanted: dict[str, dict[str, str]]) -> Iterator[Finding]:
    """For each component: PASS, a FAIL a part that is too old, UNKNOWN, or SKIP where no key is for this model."""
    for component, keys in wanted.items():
        yield from _component(inventory, component, keys)


def _component(inventory: Inventory, component: str, keys: dict[str, str]) -> Iterator[Finding]:
    name, parts, where = f"firmware.{component}", _parts(inventory, component), _LISTS.get(component, "")
    product = f"{inventory.identity.manufacturer} {inventory.identity.product}".strip()
    asked = [(part, bound) for part in parts if (bound := _bound(keys, part.model, product))]
    any_key = Asked(inventory, name, " or ".join(keys))
    if asked:
        yield from _held(inventory, name, asked)
    elif not parts and (bound := _bound(keys, "", product)):
        yield Asked(inventory, name, signs(bound)).unknown(component)
    elif parts and unread(inventory, name):
        # What could not be read may be of a model that is described.
        yield any_key.unknown(component, fact=where)
    elif not parts and where and (inventory.source != "in-band" or reason(inventory, where)):
        yield any_key.unknown(component, fact=where)
    else:
        yield _not_asked(any_key, component, [p.model or product for p in parts] or [product])


def _held(inventory: Inventory, name: str, asked: list[tuple[_Part, str]]) -> Iterator[Finding]:
    good = []
    for part, bound in asked:
        one = Asked(inventory, name, signs(bound))
        if not part.version:
            yield one.unknown(part.label, part.frus)
        elif satisfies(part.version, bound):
            good.append((part, one.expected))
        else:
            remedy = f"bring {part.label} to {one.expected}, then inspect again"
            yield one.judged(False, part.version, remedy, part.label, part.frus, "firmware")
    if len(good) == len(asked):
        expected = ", ".join(dict.fromkeys(expected for _, expected in good))
        got = ", ".join(dict.fromkeys(part.version for part, _ in good))
        yield Asked(inventory, name, expected, "firmware").judged(True, got, "", ", ".join(p.label for p, _ in good))


def _not_asked(asked: Asked, component: str, models: Iterable[str]) -> Finding:
    """Nothing in the profile is about this model; where the model is not even stated, nobody can tell."""
    stated = [m for m in dict.fromkeys(models) if m]
    why = f"the profile has no version for {', '.join(stated) or 'a machine that states no product'}"
    if stated:
        return asked.skipped(why, component, fact="identity")
    return asked.unsure(why, f"{why}; fix the identity and inspect again", component, fact="identity")


def _parts(inventory: Inventory, component: str) -> list[_Part]:
    if component == "nic":
        cards = {card(n) or n.mac: n for n in reversed(inventory.nics)}
        return [_Part(n.label, n.model, n.firmware, frus(n)) for n in reversed(cards.values())]
    if component in DISKS:
        return [_Part(d.label, d.model, d.firmware, frus(d)) for d in inventory.disks if d.kind == component]
    if component == "psu":
        fitted = [s for s in inventory.power_supplies if s.present is not False]
        return [_Part(f"PSU {s.slot}", s.model, s.firmware, frus(s)) for s in fitted]
    if component == "controller":
        return [_Part(c.name, f"{c.vendor} {c.model}", c.firmware, frus(c)) for c in inventory.controllers]
    if component == "bmc" and inventory.manager and inventory.manager.firmware:
        return [_Part("bmc", inventory.manager.model, inventory.manager.firmware)]
    running = [f for f in inventory.firmware if not f.state]
    named = [f for f in running if f.component == component or f.component.startswith(f"{component} ")]
    return [_Part(f.component, "", f.version) for f in named]


def _bound(keys: dict[str, str], model: str, product: str) -> str:
    """The bound for this model: of a key that describes it, else the machine, else anything; "" when none does."""
    for text in (model, product):
        for key, bound in keys.items():
            if text and key != ANY and (is_product(text, key) or fits(text, (key,))):
                return bound
    return keys.get(ANY, "")


@lru_cache(maxsize=4096)  # a fleet runs few versions
def satisfies(version: str, bound: str) -> bool:
    """Whether a version is within a bound such as ">= 1.9.2"; parts compare as numbers where both are numbers."""
    match = re.match(r"\s*(>=|<=|==?)?\s*(.*\S)", bound)
    if not match:
        return False
    order = _compare(_token(version, match.group(2)), match.group(2))
    return {">=": order >= 0, "<=": order <= 0}.get(match.group(1) or "=", order == 0)


def _token(version: str, bound: str) -> str:
    """The part of the version that a bound such as 2.68 is about: "U30 v2.68 (07/14/2022)", "22.31.1014 (MT_0359)"."""
    numbers = re.match(r"v?[0-9]", bound) and re.search(r"(?:^|\s)v?([0-9]\S*)", version)
    return numbers.group(1) if numbers else version


def _compare(a: str, b: str) -> int:
    for left, right in zip_longest(_pieces(a), _pieces(b), fillvalue=(0, 0, "")):
        if left != right:
            return 1 if left > right else -1
    return 0


def _pieces(version: str) -> list[tuple[int, int, str]]:
    """Numbers sort above words ("1.0" is after "1.0-rc"), words by their letters."""
    pieces = re.findall(r"[0-9]{1,400}|[a-z]+", version.lower().removeprefix("v"))
    return [(0, int(p), "") if p[0].isdigit() else (-1, 0, p) for p in pieces]
