"""How much of a SATA or SAS disk's life is used, and what was written to it, from smartctl's JSON. Pure."""

from __future__ import annotations

from typing import Any

from metalctl.node.inspect import attributes, values


def used(data: dict[str, Any]) -> float | None:
    """Per cent of the rated life that is used: as the disk's statistics state it, else by its attributes."""
    stated = (
        values.at(data, "endurance_used", "current_percent"),
        data.get("scsi_percentage_used_endurance_indicator"),
        attributes.statistic(data, "Percentage Used Endurance Indicator"),
    )
    for value in stated:
        if (number := values.real(value)) is not None:
            return number
    return _by_attribute(data) if data.get("in_smartctl_database") is not False else None


def _by_attribute(data: dict[str, Any]) -> float | None:
    for way, per_cent in (("used_raw", _raw), ("left_raw", lambda row: _rest(_raw(row))), ("left", _normalized)):
        for about in attributes.known()["life"][way]:
            for row in _named(data, about["names"], about.get("ids")):
                if (number := per_cent(row)) is not None:
                    return number
    return None


def _named(data: dict[str, Any], names: list[str], ids: list[int] | None = None) -> list[dict[str, Any]]:
    rows = [row for row in attributes.table(data) if values.text(row.get("name")) in names]
    return rows if ids is None else [row for row in rows if row.get("id", ids[0]) in ids]


def _raw(row: dict[str, Any]) -> float | None:
    number = values.whole(values.at(row, "raw", "value"))
    return float(number) if number is not None and 0 <= number <= 255 else None


def _rest(per_cent: float | None) -> float | None:
    return 100 - per_cent if per_cent is not None and 0 <= per_cent <= 100 else None


def _normalized(row: dict[str, Any]) -> float | None:
    return _rest(values.real(row.get("value")))


def spare(data: dict[str, Any]) -> float | None:
    """Per cent of the spare blocks that is left."""
    for row in _named(data, ["Available_Reservd_Space"]):
        left = values.real(row.get("value"))
        if left is not None and left <= 100:
            return left
    return None


def written(data: dict[str, Any]) -> int | None:
    """Bytes that the host wrote over the disk's life; None where the unit of the count is not sure."""
    block = values.whole(data.get("logical_block_size")) or 512
    sectors = attributes.statistic(data, "Logical Sectors Written")
    if sectors is not None:
        return values.product(sectors, block)
    units: dict[str, int] = dict(attributes.known()["written"])
    if not unit_unknown(data):
        units |= dict.fromkeys(attributes.known()["written_in_blocks"]["names"], block)
    for name, unit in units.items():
        for row in _named(data, [name]):
            if (count := values.whole(values.at(row, "raw", "value"))) is not None:
                return values.product(count, unit)
    gigabytes = values.real(values.at(data, "scsi_error_counter_log", "write", "gigabytes_processed"))
    return values.whole(round(gigabytes * 10**9)) if gigabytes is not None else None


def unit_unknown(data: dict[str, Any]) -> str:
    """Why nobody knows the unit of what the disk counts as written; "" where it is known or nothing is counted."""
    if data.get("in_smartctl_database") is True or not _named(data, attributes.known()["written_in_blocks"]["names"]):
        return ""
    if attributes.statistic(data, "Logical Sectors Written") is not None:
        return ""
    return "smartctl's database does not know the drive, and makers count what was written in different units"
