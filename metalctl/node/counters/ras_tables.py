"""What rasdaemon's tables mean: which thing each is of, and what one row of it says. Pure.

Builds differ in tables and columns, and makers have tables of their own. A table that is not here is told, and judged
only where it says by itself that an error was not corrected. Source: ras-record.c and the handlers of rasdaemon 0.6 to
0.8; UEFI, appendix N; CXL 3.0, 8.2.9.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_UNCORRECTED = 1 << 61  # bit UC of MCi_STATUS; SQLite has signed numbers
_NO_FAULT = frozenset({"Unsupported Request"})  # as in the kernel's own counters (aer.py)
_RECORDS = {0: "uncorrected", 1: "uncorrected", 2: "corrected", 3: ""}  # severity of the firmware's records
_WORDS = {
    "corrected": "corrected", "ce": "corrected", "informational": "", "info": "", "none": "",
    "recoverable": "uncorrected", "fatal": "uncorrected", "uncorrected": "uncorrected", "deferred": "uncorrected",
    "nfe": "uncorrected", "fe": "uncorrected", "non-fatal": "uncorrected", "panic": "uncorrected",
}  # fmt: skip
_AER = {
    "corrected": "pcie-corrected",
    "uncorrected (fatal)": "pcie-fatal",
    "fatal": "pcie-fatal",
    "uncorrected (non-fatal)": "pcie-nonfatal",
}
# What the block layer says of a disk; its other errors are of a request, a path or a driver, and only told.
_MEDIA = ("critical medium error", "protection error")
_CXL_BAD = ("failure", "fatal")
_CXL_UNCORRECTABLE = 1 << 0  # of a media event's descriptor
_CXL_WORN = 0b101  # of health_status: maintenance or replacement needed
SEVERITIES = ("err_severity", "severity")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """kind: of metalctl.model.watch.KINDS, "" when the row is only told. label: a DIMM's, a PCI address, a disk's
    number ("8:16"), a processor, or what else names the part."""

    kind: str = ""
    label: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """covers: memory, cpu, pcie, disks, "" for none of them. columns: needed; optional: None where a build lacks them.

    row: what a row says, None for nothing; ValueError when it cannot be read. unclear: what rows of it do not tell, so
    that the thing is not covered when there are any.
    """

    covers: str
    columns: tuple[str, ...]
    row: Callable[[Values], Said | None]
    optional: tuple[str, ...] = ()
    unclear: str = ""


def severity(word: Any) -> str:
    """corrected, uncorrected, "" for what is no error; ValueError for a word that is not known."""
    if (folded := str(word).strip().lower()) not in _WORDS:
        raise ValueError(f"it holds the severity {str(word)[:40]!r}, which is not known")
    return _WORDS[folded]


def _of(thing: str, sort: str, label: Any, count: Any = 1) -> Said | None:
    return Said(f"{thing}-{sort}", _text(label), max(1, int(count or 1))) if sort else None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _controller(row: Values) -> Said | None:
    # A word of EDAC's that is not known is none of its good ones.
    good = _text(row["err_type"]).lower() in ("corrected", "info")
    kind = f"memory-{'corrected' if good else 'uncorrected'}"
    return Said(kind, _text(row["label"]), int(row["err_count"] or 0))


def _aer(row: Values) -> Said | None:
    if _text(row["err_msg"]) in _NO_FAULT:
        return None
    return Said(_AER.get(_text(row["err_type"]).lower(), "pcie-nonfatal"), _text(row["dev_name"]))


def _machine_check(row: Values) -> Said | None:
    sort = "uncorrected" if int(row["status"] or 0) & _UNCORRECTED else "corrected"
    return Said(f"cpu-{sort}", f"cpu {row['cpu']}")


def _firmware(row: Values) -> Said | None:
    stated = int(row["severity"])
    if stated not in _RECORDS:
        raise ValueError(f"it holds the severity {stated}, which is not known")
    return _of("memory", _RECORDS[stated], row["fru_text"], row["error_count"])


def _arm(row: Values) -> Said | None:
    return _of("cpu", "corrected", f"cpu {_text(row['mpidr'])}", row["error_count"])


def _section(row: Values) -> Said | None:
    return _of("cpu", severity(row["severity"]), _text(row["fru_text"]) or "machine")


def _disk(row: Values) -> Said | None:
    return Said("drive-fault" if _text(row["error"]).lower() in _MEDIA else "", _text(row["dev"]))


def _poison(row: Values) -> Said | None:
    return _of("memory", "" if _text(row["trace_type"]).lower() == "clear" else "uncorrected", _cxl(row))


def _media(row: Values) -> Said | None:
    bad = int(row["descriptor"] or 0) & _CXL_UNCORRECTABLE or _text(row["log_type"]).lower() in _CXL_BAD
    return _of("memory", "uncorrected" if bad else "corrected", _cxl(row))


def _module(row: Values) -> Said | None:
    bad = int(row["health_status"] or 0) & _CXL_WORN or int(row["media_status"] or 0)
    return Said("memory-uncorrected" if bad or _text(row["log_type"]).lower() in _CXL_BAD else "", _cxl(row))


def _generic(row: Values) -> Said | None:
    return Said("memory-uncorrected" if _text(row["log_type"]).lower() in _CXL_BAD else "", _cxl(row))


def _cxl(row: Values) -> str:
    return " ".join(w for w in ("cxl", _text(row["memdev"]), _text(row["host"])) if w)


_WHERE = ("memdev", "host")
TABLES = {
    "mc_event": Table("memory", ("err_type", "label", "err_count"), _controller),
    "aer_event": Table("pcie", ("err_type", "dev_name"), _aer, ("err_msg",)),
    "mce_record": Table("cpu", ("status", "cpu"), _machine_check),
    "extlog_event": Table("memory", ("severity",), _firmware, ("fru_text", "error_count")),
    "memory_failure_event": Table("memory", (), lambda _: Said("memory-uncorrected")),
    "arm_event": Table(
        "cpu", ("mpidr",), _arm, ("error_count",), "rasdaemon does not record how severe ARM's processor errors are"
    ),
    "non_standard_event": Table("cpu", ("severity",), _section, ("fru_text",)),
    "reri_event": Table(
        "cpu", ("severity",), lambda row: _of("cpu", severity(row["severity"]), f"hart {row['hart_id']}"), ("hart_id",)
    ),
    "diskerror_event": Table("disks", ("dev", "error"), _disk),
    "devlink_event": Table("network", ("dev_name",), lambda row: Said("", _text(row["dev_name"]))),
    "signal_event": Table("", (), lambda _: Said()),
    "cxl_poison_event": Table("memory", ("trace_type",), _poison, _WHERE),
    "cxl_aer_ue_event": Table("pcie", (), lambda row: Said("pcie-nonfatal", _text(row["host"]) or _cxl(row)), _WHERE),
    "cxl_aer_ce_event": Table("pcie", (), lambda row: Said("pcie-corrected", _text(row["host"]) or _cxl(row)), _WHERE),
    "cxl_overflow_event": Table(
        "memory", (), lambda row: Said("", _cxl(row)), _WHERE, "a CXL device's event log overflowed: events are lost"
    ),
    "cxl_generic_event": Table("memory", ("log_type",), _generic, _WHERE),
    "cxl_general_media_event": Table("memory", ("log_type", "descriptor"), _media, _WHERE),
    "cxl_dram_event": Table("memory", ("log_type", "descriptor"), _media, _WHERE),
    "cxl_memory_module_event": Table("memory", ("log_type", "health_status", "media_status"), _module, _WHERE),
}


def unknown(name: str, columns: frozenset[str]) -> Table:
    """A table that is not known: told, and judged where one of its columns says that an error was not corrected."""
    stated = next((column for column in SEVERITIES if column in columns), "")

    def row(values: Values) -> Said | None:
        bad = bool(stated) and _WORDS.get(_text(values[stated]).lower()) == "uncorrected"
        return Said("cpu-uncorrected" if bad else "", f"machine ({name})")

    return Table("", (stated,) if stated else (), row)
