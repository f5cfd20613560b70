"""What a disk's last self-test found, from smartctl's JSON, or of `nvme self-test-log -o json`. Pure.

Only the last one that ended counts: a disk that failed once and passed since was mended. One that was broken off (by a
reset, or by whoever started it) says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from metalctl.node.inspect import values

_SCSI = re.compile(r"scsi_self_test_(\d{1,2})")
_SCSI_PASSED, _SCSI_FAILED = (0,), range(3, 8)  # SPC-4, Self-Test Results log page
_NVME_PASSED, _NVME_FAILED = (0,), range(5, 8)  # NVM Express base specification, Device Self-test log
_NVME_CLI = "List of Valid Reports"
_NVME_WORDS = {5: "a fatal error", 6: "a segment failed, it does not say which", 7: "a segment failed"}


def faults(data: dict[str, Any]) -> list[str]:
    """["its self-test failed: Completed: read failure"] or []."""
    for passed, text in (*_ata(data), *_scsi(data), *_nvme(data), *_nvme_cli(data)):
        return [] if passed else [f"its self-test failed{f': {text}' if text else ''}"]
    return []


def told(log: dict[str, Any]) -> bool:
    """Whether this is a log of nvme-cli's, be it empty."""
    return isinstance(log.get(_NVME_CLI), list)


def _ata(data: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """(passed, text) of those that ended, newest first."""
    log = data.get("ata_smart_self_test_log")
    for kind in ("extended", "standard"):
        for row in values.objects(values.at(log, kind, "table")):
            if isinstance(passed := values.at(row, "status", "passed"), bool):
                yield passed, values.text(values.at(row, "status", "string"))


def _scsi(data: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    numbered = {int(found[1]): value for key, value in data.items() if (found := _SCSI.fullmatch(key))}
    for _, test in sorted(numbered.items()):
        result = values.whole(values.at(test, "result", "value"))
        if result in _SCSI_PASSED or result in _SCSI_FAILED:
            yield result in _SCSI_PASSED, values.text(values.at(test, "result", "string"))


def _nvme(data: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    for row in values.objects(values.at(data, "nvme_self_test_log", "table")):
        result = values.whole(values.at(row, "self_test_result", "value"))
        if result in _NVME_PASSED or result in _NVME_FAILED:
            yield result in _NVME_PASSED, values.text(values.at(row, "self_test_result", "string"))


def _nvme_cli(log: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    for row in values.objects(log.get(_NVME_CLI)):
        stated = row.get("Self test result")
        result = values.whole(values.at(stated, "value") if isinstance(stated, dict) else stated)
        if result in _NVME_PASSED or result in _NVME_FAILED:
            place = values.whole(row.get("Failing LBA"))
            at = f", at block {place}" if place is not None else ""
            yield result in _NVME_PASSED, f"{_NVME_WORDS.get(result or 0, '')}{at}"
