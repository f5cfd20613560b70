"""Boot mode, Secure Boot, TPM, BIOS settings, power supplies and the BMC."""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory, PowerSupply
from metalctl.model.match._asked import Asked, of, switch
from metalctl.model.match._health import OUT_OF_USE, bad
from metalctl.model.match._words import above_zero, fixed, not_all, plain, written
from metalctl.model.profile import BmcRequirement, Range, Requires
from metalctl.model.units import format_quantity
from metalctl.model.words import fits

_SECURE_BOOT = "turn Secure Boot {} in firmware setup and inspect again"
_CLOCK = "set the BMC's time source (NTP) and its clock: event logs and certificates depend on it"


def findings(inventory: Inventory, needs: Requires) -> Iterator[Finding]:
    """One finding for each thing asked of the machine as a whole."""
    if wanted := needs.boot_mode:
        mode, remedy = inventory.boot_mode, f"set the boot mode to {wanted} in firmware setup and inspect again"
        yield Asked(inventory, "boot_mode", wanted).judged(mode == wanted if mode else None, mode, remedy)
    if needs.secure_boot is not None:
        yield switch(inventory, "secure_boot", needs.secure_boot, inventory.secure_boot, _SECURE_BOOT)
    if needs.tpm:
        yield _tpm(inventory, needs.tpm)
    for name, accepted in needs.settings.items():
        yield _setting(inventory, name, accepted)
    if needs.power.supplies is not None:
        yield _supplies(inventory, needs.power.supplies)
    if needs.power.capacity is not None:
        yield _capacity(inventory, needs.power.capacity)
    yield from _bmc(inventory, needs.bmc)


def _tpm(inventory: Inventory, wanted: str) -> Finding:
    asked, tpm = Asked(inventory, "tpm", wanted), inventory.tpm
    if tpm is None or tpm.present is None or (tpm.present and not tpm.version):
        return asked.unknown()
    got = tpm.version if tpm.present else "none"
    if got != wanted and (why := asked.why):
        return asked.unsure(not_all(got), fixed(why))
    return asked.judged(got == wanted, got, f"enable the TPM in firmware setup, or fit one of version {wanted}")


def _setting(inventory: Inventory, name: str, accepted: tuple[str, ...]) -> Finding:
    """A BIOS setting by the firmware's own name; its values may be patterns, case does not count."""
    asked, got = Asked(inventory, f"settings.{name}", " or ".join(accepted)), inventory.settings.get(name)
    remedy = f"set {name} to {asked.expected} in firmware setup and inspect again"
    return asked.judged(None if got is None else fits(got, accepted), got or "", remedy, fact="settings")


def _capacity(inventory: Inventory, wanted: Range) -> Finding:
    asked = Asked(inventory, "power.capacity", f"{written(wanted)} each", "power_supplies.capacity")
    fitted = [s for s in inventory.power_supplies if s.present is not False]
    if not fitted or any(above_zero(s.capacity) is None for s in fitted):
        return asked.unknown()
    weak = [s for s in fitted if not wanted.holds(s.capacity or 0)]
    got = ", ".join(sorted({format_quantity(s.capacity or 0, "W") for s in weak or fitted}))
    return asked.judged(not weak, got, f"fit power supplies of {written(wanted)}", *of(weak))


def _supplies(inventory: Inventory, wanted: Range) -> Finding:
    noun = "power supply" if wanted.text.strip() == "1" else "power supplies"
    asked = Asked(inventory, "power.supplies", f"{written(wanted)} {noun} in order", "power_supplies")
    if not inventory.power_supplies:
        return asked.unknown()
    states = [(supply, _state(inventory, supply)) for supply in inventory.power_supplies]
    good = len([s for s, state in states if not state])
    unsure = [(s, state[1:]) for s, state in states if state.startswith("?")]
    got, low = plain(good), wanted.low or 0
    if wanted.holds(good) and not (unsure and wanted.high is not None):
        return asked.judged(True, got, "")
    if wanted.high is not None and good > wanted.high:
        return asked.judged(False, got, f'{got} are in order: take one out, or write supplies: ">= {plain(low)}"')
    why = asked.why
    # Those that nobody can tell of may be in order, and be enough; else it fails, whatever they are.
    if (unsure and good + len(unsure) >= low) or (why and good < low):
        return asked.unsure(got, fixed(why or _told(unsure)), *of(s for s, _ in unsure))
    wrong = [(s, state) for s, state in states if state and not state.startswith("?")]
    remedy = (
        f"{_told(wrong, ', ') or 'no other bay is listed'}: seat it, plug its cord in, or replace it, and inspect again"
    )
    return asked.judged(False, got, remedy, *of(s for s, _ in wrong))


def _told(states: list[tuple[PowerSupply, str]], between: str = "; ") -> str:
    return between.join(f"PSU {s.slot} {state}" for s, state in states)


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
        offset = manager.clock_offset if manager else None
        expected = f"at most {format_quantity(need.clock, 's')} off"
        asked = Asked(inventory, "bmc.clock", expected, "manager.clock_offset")
        if offset is None or offset != offset:
            yield asked.unknown("BMC")
        else:
            got = f"{_span(abs(offset))} {'ahead' if offset > 0 else 'behind'}" if offset else "exact"
            yield asked.judged(abs(offset) <= need.clock, got, _CLOCK, "BMC")
    if need.models:
        model, asked = manager.model if manager else "", Asked(inventory, "bmc.model", " or ".join(need.models))
        if model:
            yield asked.judged(fits(model, need.models), model, "use another profile", "BMC")
        else:
            yield asked.unknown("BMC", fact="manager.model")
