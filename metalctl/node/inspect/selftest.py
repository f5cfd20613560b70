"""What a disk's last self-test found, from smartctl's JSON. Pure.

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


def faults(data: dict[str, Any]) -> list[str]:
    """["its self-test failed: Completed: read failure"] or []."""
    for passed, text in (*_ata(data), *_scsi(data), *_nvme(data)):
        return [] if passed else [f"its self-test failed{f': {text}' if text else ''}"]
    return []


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
