"""Which of the texts that a part states is the name of its model: BMCs exchange them. No I/O."""

from __future__ import annotations

import re

from metalctl.model.parts import folded

# A list's own word for its members: not what a model is called, whatever number stands behind it.
_GENERIC = re.compile(
    r"(?:pcie?|gpu|cpu|fpga|dsp|processors?|accelerator|graphics|video|device|adapter|card|controller|slot|port|"
    r"view|embedded|add in|sxm|oam|module|socket|unit|network|function|\W|_|\d)+",
    re.IGNORECASE,
)
_SHORTEST = 6


def model(stated: str, name: str, *numbers: str) -> str:
    """The model of a card; stated: its Model, name: its Name, numbers: its PartNumber and SKU.

    A model that is only the part number gives way to a name that says more; "" when nothing names a model.
    """
    is_number = not re.search(r"[A-Za-z]", stated) or any(same_number(stated, number) for number in numbers)
    return name if is_number and is_name(name) else stated


def same_number(stated: str, number: str) -> bool:
    """Whether a model is a part number, which may carry a revision that the other lacks."""
    shorter, longer = sorted((folded(stated), folded(number)), key=len)
    return shorter == longer or (len(shorter) >= _SHORTEST and longer.startswith(shorter))


def is_name(text: str) -> bool:
    """Whether it can be what a model is called: "Example X100" can, "GPU 1" and "PCIe Device" cannot."""
    return bool(re.search(r"[A-Za-z]{2}", text)) and _GENERIC.fullmatch(text) is None


def processor(stated: str, vendor_id: str, manufacturer: str) -> tuple[str, str]:
    """(model, vendor) of a processor: the text with a model's number in it is the model, one without is the vendor."""
    others = [vendor_id, manufacturer]
    chosen = stated if _is_brand(stated) else next((one for one in others if _is_brand(one)), stated)
    vendors = [one for one in others if one and one != chosen and not _is_brand(one)]
    if not vendors and chosen != stated:
        vendors = [one for one in [stated] if one]
    return chosen, next(iter(vendors), "")


def _is_brand(text: str) -> bool:
    """ "Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz", not "GenuineIntel", "Intel Xeon processor" or "0x8086"."""
    return " " in text and re.search(r"\d", text) is not None
