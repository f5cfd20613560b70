"""A machine whose sources of errors are all readable and silent, and what breaks one; for tests of error counters."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from metalctl.content import profiles
from metalctl.model.inventory import PcieDevice
from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict

EDAC, CARD = "sys/devices/system/edac/mc", "0000:41:00.0"
SMART = '{"ata_smart_attributes": {"table": [{"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 0}}]}}'
NVME = '{"critical_warning": 0, "media_errors": 0, "avail_spare": 100}'
AER = {"correctable": "RxErr 2\nBadTLP 0\nTOTAL_ERR_COR 2", "nonfatal": "UnsupReq 4\nCmpltTO 0\nTOTAL_ERR_NONFATAL 4",
       "fatal": "DLP 0\nTOTAL_ERR_FATAL 0"}  # fmt: skip
BOOT = ["Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)", "mce: CPU supports 32 MCE banks",
        "EDAC MC: Ver: 3.0.0", "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0",
        "GHES: APEI firmware first mode is enabled by APEI bit and WHEA _OSC.",
        "pcieport 0000:40:01.0: AER: enabled with IRQ 34", "RAS: Correctable Errors collector initialized.",
        "usb 1-1: reset high-speed USB device number 2", "MCE: In-kernel MCE decoding enabled."]  # fmt: skip


A = "dimm CPU1 DIMM_A, serial SA"


LINES = {
    "a machine check of memory": ("mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: be00000000010091", "memory"),
    "a machine check of a processor": ("mce: [Hardware Error]: CPU 7: Machine Check Exception: 5 Bank 1: "
                                       "bd80000000100134", "cpu 7"),
    "one that AMD's decoder tells": ("[Hardware Error]: CPU:2 (19:1:1) MC5_STATUS[-|UE|MiscV|-|PCC|-|SyndV|-|-|-]: "
                                     "0xbe00000000000108", "cpu 2"),
    "EDAC's own line": ("EDAC MC0: 1 UE memory read error on CPU1 DIMM_A (channel:0 slot:0 page:0x77 offset:0x40)", A),
    "a page that was taken out": ("Memory failure: 0x7740c0: recovery action for dirty LRU page: Recovered", "memory"),
    "a fatal error of a link": (f"pcieport {CARD}: PCIe Bus Error: severity=Uncorrected (Fatal), type=Data Link Layer",
                                f"pcie X710 {CARD}"),
    "a bus that called by NMI": ("NMI: PCI system error (SERR) for reason a1 on CPU 4.", "pcie bus"),
    "EDAC's line of a cache": ("EDAC DEVICE2: UE: cortex_l2 instance: cpu3 block: L2 count: 1 'L2'", "machine"),
    "memory that a program read": ("mce: Uncorrected hardware memory error in user-access at 51c9a40", "memory"),
}  # fmt: skip


def in_order(node: Any) -> None:
    """Make every source of errors of the machine readable and silent."""
    dimms = tuple(replace(d, serial=f"S{d.slot[-1]}") for d in node.inventory.memory.dimms)
    memory = replace(node.inventory.memory, dimms=dimms)
    node.change(memory=memory, pcie=(PcieDevice(CARD, kind="network", model="X710"),))
    for number, letter in enumerate("AB"):
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_label", f"CPU1 DIMM_{letter}\n")
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_ce_count", "0\n")
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_ue_count", "0\n")
        node.file(f"sys/class/net/eth{number}/statistics/rx_crc_errors", "0\n")
        node.file(f"sys/class/net/eth{number}/carrier_down_count", "1\n")
    for name in ("ce_noinfo_count", "ue_noinfo_count"):
        node.file(f"{EDAC}/mc0/{name}", "0\n")
    for name, text in AER.items():
        node.file(f"sys/bus/pci/devices/{CARD}/aer_dev_{name}", text + "\n")
    log(node, *BOOT)
    node.prints("nvme", NVME)
    node.prints("smartctl", SMART)


def log(node: Any, *lines: str, first: int = 0) -> Path:
    """The kernel's log, whose records are numbered from `first`."""
    records = [f"6,{first + n},{5000 + n},-;{line}\n" for n, line in enumerate(lines)]
    return node.file("dev/kmsg", "".join(records))  # type: ignore[no-any-return]


def told(node: Any, *checks: str, **spec: Any) -> list[CheckResult]:
    node.run(*(checks or ("quiet",)), **spec)
    return [r for r in node.results if r.check == "error-counters"]


def bad(node: Any, **spec: Any) -> list[tuple[Verdict, str]]:
    return [(r.verdict, r.part) for r in told(node, **spec)]


def shipped() -> dict[str, Any]:
    """The limits of a shipped profile; one that has none must fail these tests."""
    watch = getattr(profiles.load("compute"), "errors", None)
    return {"errors": watch} if watch else {}


def bmc(node: Any, *entries: str, info: str = "Entries : 3\nOverflow : false", sensors: str = "") -> None:
    node.file("dev/ipmi0", "")
    node.prints("sel", "\n".join(entries) + "\n")
    node.tool(
        "ipmitool",
        f"""case "$*" in
      "sel info") printf '%s\\n' '{info}';;
      "sel time get") echo 07/21/2026 09:30:00;;
      "sel elist") cat {node.room}/sel.out;;
      "sdr type Memory") printf '%s\\n' '{sensors}';;
      *) exit 1;; esac""",
    )


HEARD = ("ras/mc_event", "ras/aer_event", "mce/mce_record")


def rasdaemon(node: Any, *events: tuple[str, str, int], at: str = "", listens: tuple[str, ...] = HEARD) -> Path:
    """It runs and keeps a database. events: (err_type, label, count). listens: what the kernel tells it."""
    node.file("proc/812/comm", "rasdaemon\n")
    for event in listens:
        node.file(f"sys/kernel/debug/tracing/instances/rasdaemon/events/{event}/enable", "1\n")
    path: Path = node.file("var/lib/rasdaemon/ras-mc_event.db", "")
    path.unlink()
    at = at or time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mc_event (id INTEGER PRIMARY KEY, timestamp TEXT, err_count INTEGER, "
                         "err_type TEXT, err_msg TEXT, label TEXT)")  # fmt: skip
        database.executemany("INSERT INTO mc_event (timestamp, err_type, label, err_count) VALUES (?, ?, ?, ?)",
                             [(at, *event) for event in events])  # fmt: skip
    database.close()
    return path


def no_aer(node: Any) -> None:
    for name in AER:
        (node.room / f"root/sys/bus/pci/devices/{CARD}/aer_dev_{name}").unlink()


def without_edac(node: Any) -> None:
    for file in sorted((node.room / "root" / EDAC).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()


def recorded(node: Any, table: str, columns: str, *rows: tuple[Any, ...], at: str = "") -> None:
    """A further table in the database of a rasdaemon that runs; each row without its time."""
    at = at or time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
    path = node.room / "root/var/lib/rasdaemon/ras-mc_event.db"
    with sqlite3.connect(path if path.exists() else rasdaemon(node)) as database:
        database.execute(f"CREATE TABLE {table} (timestamp TEXT, {columns})")
        for row in rows:
            database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * (len(row) + 1))})", (at, *row))
    database.close()
