"""Boot mode and firmware versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._verdicts import judged, unknown
from metalctl.model.profile import Requires
from metalctl.model.verdict import Verdict

ANY = "any"


def findings(inventory: Inventory, needs: Requires) -> Iterator[Finding]:
    """One finding for the boot mode, one for each firmware component that the profile names."""
    if needs.boot_mode:
        yield _boot_mode(inventory, needs.boot_mode)
    for component, products in needs.firmware.items():
        yield from _firmware(inventory, component, products)


def _boot_mode(inventory: Inventory, wanted: str) -> Finding:
    if not inventory.boot_mode:
        return unknown(inventory, "boot_mode", wanted, "boot_mode")
    remedy = f"set the boot mode to {wanted} in firmware setup and inspect again"
    return judged(inventory, "boot_mode", inventory.boot_mode == wanted, wanted, inventory.boot_mode, remedy)


def _firmware(inventory: Inventory, component: str, products: dict[str, str]) -> Iterator[Finding]:
    name = f"firmware.{component}"
    product = " ".join((inventory.identity.manufacturer, inventory.identity.product)).strip()
    bound = next((b for key, b in products.items() if _is(product, key)), products.get(ANY, ""))
    if not bound:
        why = f"the profile has no version for {product or 'a machine that states no product'}"
        verdict = Verdict.SKIP if product else Verdict.UNKNOWN
        remedy = "" if product else f"{why}; mend the identity and inspect again"
        yield Finding(name, verdict, " or ".join(products), why, component, inventory.source, remedy)
        return
    fitted = [f for f in inventory.firmware if f.component == component or f.component.startswith(component + " ")]
    expected = bound.replace(">=", "≥").replace("<=", "≤")
    if not fitted:
        yield unknown(inventory, name, expected, name, component)
    for firmware in fitted:
        remedy = f"bring {firmware.component} to {expected}, then inspect again"
        good = satisfies(firmware.version, bound)
        yield judged(inventory, name, good, expected, firmware.version, remedy, firmware.component)


def _is(product: str, key: str) -> bool:
    """Whether every word of the profile's key ("dell-r750") is a word of the product ("Dell Inc. PowerEdge R750")."""
    words = set(re.findall(r"[a-z0-9.]+", product.lower().replace(". ", " ")))
    return key != ANY and set(key.lower().split("-")) <= words


def satisfies(version: str, bound: str) -> bool:
    """Whether a version is within a bound such as ">= 1.9.2"; parts compare as numbers where both are numbers."""
    match = re.match(r"\s*(>=|<=|==?)?\s*(.*\S)", bound)
    if not match:
        return False
    order = _compare(version, match.group(2))
    return {">=": order >= 0, "<=": order <= 0}.get(match.group(1) or "=", order == 0)


def _compare(a: str, b: str) -> int:
    for left, right in zip_longest(_parts(a), _parts(b), fillvalue=(0, 0, "")):
        if left != right:
            return 1 if left > right else -1
    return 0


def _parts(version: str) -> list[tuple[int, int, str]]:
    """Numbers sort above words ("1.0" is after "1.0-rc"), words by their letters."""
    pieces = re.findall(r"[0-9]+|[a-z]+", version.lower().removeprefix("v"))
    return [(0, int(p), "") if p.isdigit() else (-1, 0, p) for p in pieces]
