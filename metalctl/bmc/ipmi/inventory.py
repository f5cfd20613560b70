"""What IPMI tells of a machine, as the model has it: FRU, sensors, power supplies, event log, the BMC itself.

IPMI knows nothing of processors, disks or ports. What a BMC does not know is not stated; what breaks is listed as
unreadable, and costs nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from metalctl.bmc.errors import BadAnswer, Unsupported
from metalctl.bmc.ipmi import fru, sdr, sel
from metalctl.model.identity import Identity, usable_mac
from metalctl.model.inventory import Firmware, LogEntry, Manager, PowerSupply, Sensor, Unreadable

LOG = 200  # entries of the event log that are read
FRUS = 32  # FRU inventories beside the system's own that are read
_NOTHING: tuple[list[bytes], list[dict[str, Any]]] = ([], [])
T = TypeVar("T")
Ask = Callable[..., Any]


@dataclass(slots=True)
class Collector:
    """Reads through `ask` (see commands.Commands). Facts that broke are in `broken`, their origin in `sources`."""

    ask: Ask
    broken: list[Unreadable] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def identity(self) -> Identity:
        """Of the system, from FRU 0 and the GUID."""
        found = self._try(
            "identity.serial", "ipmi FRU 0", None, lambda: fru.parse(bytes.fromhex(self.ask("fru", fru_id=0)))
        )
        uuid = self._try("identity.uuid", "ipmi Get System GUID", "", lambda: str(self.ask("guid")))
        if found is None:
            return Identity(uuid=uuid)
        if (stated := found.product.get("serial", "")) and not found.first("product.serial"):
            self.broken.append(Unreadable("identity.serial", f"FRU 0 says {stated!r}, which nobody burned in"))
        for doubt in found.doubts:
            # What is cut off, or told by a wrong length, may be what the serial stands in.
            hides = not found.product.get("serial") and not re.search("checksum of the (chassis|board)", doubt)
            self.broken.append(Unreadable("identity.serial" if hides else "identity.fru", f"FRU 0: {doubt}"))
        return Identity(
            # Only the product's: a board's or chassis' own serial is not what the system states in-band.
            serial=found.first("product.serial"),
            uuid=uuid,
            manufacturer=found.first("product.manufacturer", "board.manufacturer"),
            product=found.first("product.product", "board.product"),
            chassis_serial=found.first("chassis.serial"),
            extra=_extra(found),
        )

    def firmware(self, device: dict[str, Any]) -> tuple[Firmware, ...]:
        """Of the BMC, out of what `device` told."""
        version = str(device.get("firmware_version", ""))
        return (Firmware("bmc", version),) if version else ()

    def device(self) -> dict[str, Any]:
        """Get Device ID, {} when it is not told."""
        return self._try("firmware.bmc", "ipmi Get Device ID", {}, lambda: dict(self.ask("device")))

    def manager(self, now: float) -> Manager:
        """The BMC itself. now: seconds since 1970. The clock of an event log states no time zone: UTC is assumed."""
        lan: dict[str, Any] = self._try(
            "manager.address", "ipmi Get LAN Configuration", {}, lambda: dict(self.ask("lan"))
        )
        clock = self._try("manager.clock_offset", "ipmi Get SEL Time", None, lambda: int(self.ask("clock")))
        address = str(lan.get("address", ""))
        return Manager(
            mac=usable_mac(str(lan.get("mac", ""))),
            address="" if address == "0.0.0.0" else address,  # noqa: S104 - what an unset BMC states
            clock_offset=None if clock is None else round(clock - now, 1),
        )

    def records(self) -> tuple[list[sdr.Record], list[sdr.Locator]]:
        """Sensors and parts out of the sensor data repository."""
        before = len(self.broken)
        listed, lost = self._try("sensors", "ipmi SDR", _NOTHING, lambda: _told(self.ask("sdr")))
        self._lost(("power_supplies",), *(one.reason for one in self.broken[before:]))
        for one in lost:
            says = one["kind"] in (None, *sdr.KINDS)  # of another kind it would have told nothing
            self._lost(("sensors", "power_supplies") if says else ("sensors.record",), one["why"])
        found = [record for data in listed if (record := sdr.parse(data))]
        sensors = [r for r in found if isinstance(r, sdr.Record)]
        return sensors, [r for r in found if isinstance(r, sdr.Locator)]

    def sensors(self, records: list[sdr.Record]) -> tuple[tuple[Sensor, ...], tuple[PowerSupply, ...]]:
        """Measurements, and the supplies that sensors watch. Those of other controllers would need bridging."""
        telling = [record for record in records if _tells(record)]
        ours = [record for record in telling if record.is_of_bmc]
        if far := [record.name for record in telling if not record.is_of_bmc]:
            self.broken.append(Unreadable("sensors", f"{len(far)} behind another controller: {', '.join(far[:5])}"))
        answers: list[bytes | None] = [None] * len(ours)
        answers = self._try("sensors", "ipmi SDR", answers, lambda: self._readings(ours))
        pairs = list(zip(ours, answers, strict=False))
        measured = tuple(filter(None, (sdr.sensor(*pair) for pair in pairs)))
        supplies = tuple(filter(None, (sdr.power_supply(*pair) for pair in pairs)))
        if supplies:
            self.sources["power_supplies"] = "ipmi SDR"
        return measured, supplies

    def _readings(self, records: list[sdr.Record]) -> list[bytes | None]:
        told = list(self.ask("readings", numbers=[r.number for r in records]))
        for record, code in ((r, c) for r, c in zip(records, told, strict=False) if isinstance(c, int)):
            self._lost(
                (f"sensors.{record.name}",), f"Get Sensor Reading {record.number:02x}h: completion code {code:02x}h"
            )
        return [bytes.fromhex(answer) if isinstance(answer, str) else None for answer in told]

    def supplies(self, watched: tuple[PowerSupply, ...], parts: list[sdr.Locator]) -> tuple[PowerSupply, ...]:
        """The same with model and serial, of those that have a FRU inventory of their own."""
        frus = [(p, f) for p in parts[:FRUS] if p.entity == sdr.POWER_SUPPLY_ENTITY and (f := self._part(p))]
        found = list(watched)
        for number, (part, told) in enumerate(frus):
            known = PowerSupply(
                part.name,
                True,
                model=told.first("product.product", "board.product"),
                serial=told.first("product.serial", "board.serial"),
                part_number=told.first("product.part_number", "board.part_number"),
            )
            if len(frus) == len(watched):
                found[number] = replace(known, slot=watched[number].slot, present=True, health=watched[number].health)
            elif not watched:
                found.append(known)
        return tuple(found)

    def _part(self, part: sdr.Locator) -> fru.Fru | None:
        fact = f"power_supplies.{part.name}"
        found = self._try(
            fact, f"ipmi FRU {part.fru_id}", None, lambda: fru.parse(bytes.fromhex(self.ask("fru", fru_id=part.fru_id)))
        )
        self._lost((fact,), *(f"FRU {part.fru_id}: {doubt}" for doubt in (found.doubts if found else ())))
        return found

    def log(self, records: list[sdr.Record]) -> tuple[LogEntry, ...]:
        """The newest entries of the event log, oldest first."""
        names = {r.number: r.name for r in records if r.owner == sdr.BMC}
        raw, lost = self._try("log", "ipmi SEL", _NOTHING, lambda: _told(self.ask("sel", most=LOG)))
        self._lost(("log",), *(one["why"] for one in lost))
        return tuple(entry for record in raw if (entry := sel.parse(record, names)))

    def _lost(self, facts: tuple[str, ...], *reasons: str) -> None:
        self.broken += [Unreadable(fact, why) for why in reasons for fact in facts]

    def _try(self, fact: str, source: str, otherwise: T, read: Callable[[], T]) -> T:
        """The answer; what the BMC does not know is not stated, what breaks is noted."""
        try:
            found = read()
        except Unsupported:
            return otherwise
        except (BadAnswer, ValueError) as error:
            self.broken.append(Unreadable(fact, str(error)))
            return otherwise
        if found and found != _NOTHING:
            self.sources[fact] = source
        return found


def _told(answer: dict[str, Any]) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Records, and those that were lost (see commands.told)."""
    return [bytes.fromhex(record) for record in answer["records"]], answer["lost"]


def _tells(record: sdr.Record) -> bool:
    return sdr.sensor(record, None) is not None or sdr.power_supply(record, None) is not None


def _extra(found: fru.Fru) -> dict[str, str]:
    named = {
        "board_serial": found.first("board.serial"),
        "board_part_number": found.first("board.part_number"),
        "part_number": found.first("product.part_number", "chassis.part_number"),
        "asset_tag": found.first("product.asset_tag"),
    }
    return {name: text for name, text in named.items() if text}
