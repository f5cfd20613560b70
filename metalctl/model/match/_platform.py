"""Boot mode, Secure Boot, TPM, BIOS settings, power supplies and the BMC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory, PowerSupply
from metalctl.model.match._frus import of_supply
from metalctl.model.match._health import OUT_OF_USE, bad
from metalctl.model.match._verdicts import above_zero, judged, mend, not_all, plain, reason, source_of, unknown, written
from metalctl.model.profile import BmcRequirement, PowerRequirement, Requires
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits


def findings(inventory: Inventory, needs: Requires) -> Iterator[Finding]:
    """One finding for each thing asked of the machine as a whole."""
    yield from _boot(inventory, needs)
    yield from _tpm(inventory, needs.tpm)
    for name, accepted in needs.settings.items():
        yield _setting(inventory, name, accepted)
    yield from _power(inventory, needs.power)
    yield from _bmc(inventory, needs.bmc)


def _boot(inventory: Inventory, needs: Requires) -> Iterator[Finding]:
    wanted = needs.boot_mode
    if wanted and not inventory.boot_mode:
        yield unknown(inventory, "boot_mode", wanted, "boot_mode")
    elif wanted:
        remedy = f"set the boot mode to {wanted} in firmware setup and inspect again"
        yield judged(inventory, "boot_mode", inventory.boot_mode == wanted, wanted, inventory.boot_mode, remedy)
    if needs.secure_boot is None:
        return
    expected, on = "on" if needs.secure_boot else "off", inventory.secure_boot
    if on is None:
        yield unknown(inventory, "secure_boot", expected, "secure_boot")
        return
    remedy = f"turn Secure Boot {expected} in firmware setup and inspect again"
    yield judged(inventory, "secure_boot", on == needs.secure_boot, expected, "on" if on else "off", remedy)


def _tpm(inventory: Inventory, wanted: str) -> Iterator[Finding]:
    if not wanted:
        return
    tpm = inventory.tpm
    if tpm is None or tpm.present is None or (tpm.present and not tpm.version):
        yield unknown(inventory, "tpm", wanted, "tpm")
        return
    got = tpm.version if tpm.present else "none"
    if got != wanted and (why := reason(inventory, "tpm")):
        yield replace(unknown(inventory, "tpm", wanted, "tpm"), got=not_all(got), remedy=mend(why))
        return
    remedy = f"enable the TPM in firmware setup, or fit one of version {wanted}"
    yield judged(inventory, "tpm", got == wanted, wanted, got, remedy)


def _setting(inventory: Inventory, name: str, accepted: tuple[str, ...]) -> Finding:
    """A BIOS setting by the firmware's own name; its values may be patterns, case does not count."""
    requirement, expected = f"settings.{name}", " or ".join(accepted)
    got = inventory.settings.get(name)
    if got is None:
        return unknown(inventory, requirement, expected, requirement)
    remedy = f"set {name} to {expected} in firmware setup and inspect again"
    return judged(inventory, requirement, fits(got, accepted), expected, got, remedy, fact="settings")


def _power(inventory: Inventory, need: PowerRequirement) -> Iterator[Finding]:
    supplies = inventory.power_supplies
    if need.supplies is not None:
        noun = "power supply" if need.supplies.text.strip() == "1" else "power supplies"
        expected = f"{written(need.supplies)} {noun} in order"
        if not supplies:
            yield unknown(inventory, "power.supplies", expected, "power_supplies")
        else:
            yield _supplies(inventory, need, expected)
    if need.capacity is None:
        return
    expected = f"{written(need.capacity)} each"
    fitted = [s for s in supplies if s.present is not False]
    if not fitted or any(above_zero(s.capacity) is None for s in fitted):
        yield unknown(inventory, "power.capacity", expected, "power_supplies.capacity")
        return
    weak = [s for s in fitted if not need.capacity.holds(s.capacity or 0)]
    got = ", ".join(sorted({format_quantity(s.capacity or 0, "W") for s in weak or fitted}))
    remedy = f"fit power supplies of {written(need.capacity)}"
    part = ", ".join(f"PSU {s.slot}" for s in weak)
    yield judged(
        inventory, "power.capacity", not weak, expected, got, remedy, part,
        fact="power_supplies", frus=map(of_supply, weak),
    )  # fmt: skip


def _supplies(inventory: Inventory, need: PowerRequirement, expected: str) -> Finding:
    assert need.supplies is not None
    states = [(supply, _state(inventory, supply)) for supply in inventory.power_supplies]
    good = [s for s, state in states if not state]
    bad = [(s, state) for s, state in states if state and not state.startswith("?")]
    unsure = [(s, state[1:]) for s, state in states if state.startswith("?")]
    got, name, source = plain(len(good)), "power.supplies", source_of(inventory, "power_supplies")
    if need.supplies.holds(len(good)) and not (unsure and need.supplies.high is not None):
        return judged(inventory, name, True, expected, got, "", fact="power_supplies")
    if need.supplies.high is not None and len(good) > need.supplies.high:
        remedy = f'{got} are in order: take one out, or write supplies: ">= {plain(need.supplies.low or 0)}"'
        return judged(inventory, name, False, expected, got, remedy, fact="power_supplies")
    why = reason(inventory, "power_supplies")
    # Those that nobody can tell of may be in order, and be enough; else it fails, whatever they are.
    may_do = len(good) + len(unsure) >= (need.supplies.low or 0)
    if (unsure and may_do) or (why and len(good) < (need.supplies.low or 0)):
        part = ", ".join(f"PSU {s.slot}" for s, _ in unsure)
        said = why or "; ".join(f"PSU {s.slot} {state}" for s, state in unsure)
        return Finding(name, Verdict.UNKNOWN, expected, got, part, source, f"{said}; mend that and inspect again",
                       frus=tuple(of_supply(s) for s, _ in unsure))  # fmt: skip
    named = ", ".join(f"PSU {s.slot} {state}" for s, state in bad)
    remedy = f"{named or 'no other bay is listed'}: seat it, plug its cord in, or replace it, and inspect again"
    part = ", ".join(f"PSU {s.slot}" for s, _ in bad)
    return judged(
        inventory, name, False, expected, got, remedy, part,
        fact="power_supplies", frus=[of_supply(s) for s, _ in bad],
    )  # fmt: skip


def _state(inventory: Inventory, supply: PowerSupply) -> str:
    """ "" when it is in order, "?…" when nobody states it, else what is wrong."""
    if supply.present is False:
        return "is not there"
    if bad(inventory, supply.health):
        return f"is in state {supply.health}"
    if supply.health in OUT_OF_USE:
        return f"?is {supply.health}, as parts of a machine that is off may be"
    if supply.present is None:
        return "?does not state whether it is there"
    return "" if supply.health == "ok" else "?does not state its health"


def _span(seconds: float) -> str:
    """A time as a person says it: "0.4 s", "3 h", "12 days"."""
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return format_quantity(seconds, "s")


def _bmc(inventory: Inventory, need: BmcRequirement) -> Iterator[Finding]:
    manager = inventory.manager
    if need.clock is not None:
        limit = format_quantity(need.clock, "s")
        expected, offset = f"at most {limit} off", manager.clock_offset if manager else None
        if offset is None or offset != offset:
            yield unknown(inventory, "bmc.clock", expected, "manager.clock_offset", "BMC")
        else:
            got = f"{_span(abs(offset))} {'ahead' if offset > 0 else 'behind'}" if offset else "exact"
            remedy = "set the BMC's time source (NTP) and its clock: event logs and certificates depend on it"
            good = abs(offset) <= need.clock
            yield judged(inventory, "bmc.clock", good, expected, got, remedy, "BMC", fact="manager.clock_offset")
    if need.models:
        expected, model = " or ".join(need.models), manager.model if manager else ""
        if not model:
            yield unknown(inventory, "bmc.model", expected, "manager.model", "BMC")
        else:
            remedy = "use another profile"
            yield judged(inventory, "bmc.model", fits(model, need.models), expected, model, remedy, "BMC")
