"""Pure parsers: the power supplies of a chassis, from the old schema and the new one. What is not stated stays None."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metalctl.bmc.redfish.parse import labels, sizes
from metalctl.bmc.redfish.schema.chassis import InputRange, PowerSupply
from metalctl.model.inventory import PowerSupply as Supply


def supplies(found: Iterable[PowerSupply]) -> tuple[Supply, ...]:
    """The power supplies, each with a slot of its own: several BMCs give all of them one name."""
    every = list(found)
    names = labels.apart(labels.alike([(one.label, one.name) for one in every]), [one.id for one in every])
    return tuple(_supply(one, name) for one, name in zip(every, names, strict=True))


def _supply(one: PowerSupply, slot: str) -> Supply:
    watts = _watts(one)
    return Supply(
        slot=slot,
        present=_there(one),
        health=one.condition,
        capacity=None if sizes.SUPPLY.doubt(watts) else watts,
        input_volts=one.volts,
        model=one.model,
        serial=one.serial,
        part_number=one.part_number,
        firmware=one.firmware,
    )


def _there(one: PowerSupply) -> bool | None:
    """None where its entry states nothing: fixed lists have an entry for every bay, filled or not."""
    return one.there(one.watts, one.ranges and _watts(one), one.model, one.serial, one.part_number, one.firmware)


def doubt(one: PowerSupply) -> tuple[str, str]:
    """(fact, why its capacity cannot be right); why is "" when it can."""
    why = sizes.SUPPLY.doubt(_watts(one))
    return "power_supplies.capacity", f"power supply {one.name or one.id} {why}" if why else ""


def _watts(one: PowerSupply) -> float | None:
    """Its own word, else that of the input range which it runs in; None where several are left, and differ."""
    if one.watts:
        return one.watts
    stated = [each for each in one.ranges if each.watts]
    within = [each for each in stated if _runs_in(one, each)] or stated
    rates = {each.watts for each in within}
    return rates.pop() if len(rates) == 1 else None


def _runs_in(one: PowerSupply, each: InputRange) -> bool:
    if one.nominal and each.nominal == one.nominal:
        return True
    low, high = _volts(each)
    return one.volts is not None and low is not None and high is not None and low <= one.volts <= high


def _volts(each: InputRange) -> tuple[float | None, float | None]:
    """The lowest and highest volts, which the new schema has in a word: "AC200To240V", "AC120V"."""
    if each.lowest is not None or each.highest is not None:
        return each.lowest, each.highest
    numbers = [float(n) for n in re.findall(r"\d+", each.nominal)]
    return (min(numbers) * 0.9, max(numbers) * 1.1) if numbers else (None, None)
