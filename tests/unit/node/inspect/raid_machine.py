"""A machine with RAID cards, made of the files and answers that `recorded.Recorded` takes. Values are made up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

STORCLI, STORCLI2 = "/opt/MegaRAID/storcli/storcli64", "/opt/MegaRAID/storcli2/storcli2"
SSACLI = "/usr/sbin/ssacli"
ALL = ("/call show all J", "/call/eall/sall show all J", "/call/vall show all J")


@dataclass
class Machine:
    """Files, links, probes and commands; `card`, `disk` and `tool` add to them."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    probes: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, Any] = field(default_factory=dict)

    def card(self, number: int, driver: str, bus: str = "") -> str:
        """A PCI card with one SCSI host; returns its path."""
        bus = bus or f"{0x40 + number:02x}"
        path = f"/sys/devices/pci0000:00/0000:{bus}:00.0"
        self.files |= {f"{path}/class": "0x010400", f"{path}/vendor": "0x1000", f"{path}/device": "0x00a5"}
        self.files[f"{path}/host{number}/scsi_host/host{number}/proc_name"] = driver
        self.links |= {
            f"/sys/bus/pci/devices/0000:{bus}:00.0": path,
            f"/sys/class/scsi_host/host{number}": f"{path}/host{number}/scsi_host/host{number}",
            f"{path}/driver": f"/sys/bus/pci/drivers/{driver}",
        }
        return f"{path}/host{number}"

    def disk(self, name: str, below: str, place: str, serial: str, **files: str) -> None:
        """A SCSI device at "channel:target" below a host; files: below its block device."""
        host = below.rpartition("host")[2].partition("/")[0]
        channel, target = place.split(":")
        where = f"{below}/target{host}:{channel}:{target}/{host}:{channel}:{target}:0/block/{name}"
        told = {"size": "2000000000", "queue/rotational": "0", "removable": "0", "device/model": "XR 16i", **files}
        self.files |= {f"{where}/{file}": text for file, text in told.items()}
        self.links[f"/sys/block/{name}"] = where
        self.probes[f"udev {name}"] = {"ID_BUS": "scsi", "SCSI_IDENT_SERIAL": serial}

    def tool(self, place: str, *answers: Any) -> None:
        """storcli's answers to ALL, as JSON; one that is a tuple is (answer, exit code)."""
        self.files[place] = ""
        for what, answer in zip(ALL, answers, strict=False):
            told, code = answer if isinstance(answer, tuple) else (answer, 0)
            self.commands[f"{place} {what}"] = {"prints": json.dumps(told), "code": code} if code else json.dumps(told)

    @property
    def case(self) -> dict[str, Any]:
        """As Recorded takes it."""
        return {"files": self.files, "links": self.links, "probes": self.probes, "commands": self.commands}


def answer(*cards: dict[str, Any] | None) -> dict[str, Any]:
    """An answer of storcli over several cards, numbered from 0; None for one that fails."""
    failed = {"Status": "Failure", "Description": "No VDs have been configured."}
    return {
        "Controllers": [
            {"Command Status": {"Controller": n, "Status": "Success"}, "Response Data": told}
            if told is not None
            else {"Command Status": {"Controller": n, **failed}}
            for n, told in enumerate(cards)
        ]
    }


def card(bus: str, **more: Any) -> dict[str, Any]:
    """One card of `/call show all J`, first generation."""
    return {"Basics": {"PCI Address": f"00:{bus}:00:00"}, "Status": {"Controller Status": "Optimal"}, **more}


def drive(card_: int, slot: int, serial: str, state: str = "Onln", **counts: Any) -> dict[str, Any]:
    """One drive of `/call/eall/sall show all J`, first generation."""
    name = f"Drive /c{card_}/e252/s{slot}"
    told = {"Media Error Count": 0, "Other Error Count": 4, "Predictive Failure Count": 0,
            "S.M.A.R.T alert flagged by drive": "No", **counts}  # fmt: skip
    row = {"EID:Slt": f"252:{slot}", "State": state, "Intf": "SAS", "Med": "HDD"}
    about = {"SN": serial, "Raw size": "9.095 TB [0x48c400000 Sectors]"}
    more = {f"{name} State": told, f"{name} Device attributes": about}
    return {name: [row], f"{name} - Detailed Information": more}


def volume(card_: int, number: int, device: str, *slots: int, state: str = "Optl") -> dict[str, Any]:
    """One volume of `/call/vall show all J`, first generation."""
    return {
        f"/c{card_}/v{number}": [{"TYPE": "RAID1", "State": state}],
        f"PDs for VD {number}": [{"EID:Slt": f"252:{s}"} for s in slots],
        f"VD{number} Properties": {"OS Drive Name": f"/dev/{device}"},
    }


def new_drive(slot: int, serial: str, status: str = "Online", **counts: Any) -> dict[str, Any]:
    """One of the "Drives List" of the second generation."""
    unit = {"Media Error Count": 0, "Other Error Count": 0, "Predictive Failure Count": 0, **counts}
    row = {"EID:Slt": f"306:{slot}", "State": "Conf", "Status": status, "Intf": "SAS", "Med": "SSD"}
    about = {"Serial Number": serial, "Raw size": "1.746 TiB [0xdf8fe2b0 Sectors]", "Temperature(C)": 33}
    return {"Drive Information": row, "Drive Detailed Information": {**about, "LU/NS Properties": unit}}


def new_volume(device: str, *slots: int, state: str = "Optl", **properties: str) -> dict[str, Any]:
    """One of the "Virtual Drives" of the second generation."""
    return {
        "VD Info": {"DG/VD": "0/1", "TYPE": "RAID5", "State": state},
        "PDs": [{"EID:Slt": f"306:{s}"} for s in slots],
        "VD Properties": {"OS Drive Name": device and f"/dev/{device}", **properties},
    }
