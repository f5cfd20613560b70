"""NVMe health: the drive's own log (page 02h) of every NVMe drive.

Profile:
    checks:
      nvme-health: {max_media_errors: 0, max_percentage_used: 1 %, min_spare: 100 %}
Limits: max_media_errors is 0 unless given; max_percentage_used and min_spare optional (1 % and 100 % suit a new
drive). A critical warning always fails, one of an endurance group and a failed self-test (the last that ended) too.
Entries in the error log alone are not a fault. UNKNOWN for a drive that keeps a log of self-tests and does not show it.
Leaves: critical_warning, endurance_group_warning, media_errors, percentage_used, spare, temperature.
Source: NVM Express base specification, SMART / Health Information; `nvme smart-log`, `self-test-log`.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import health
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="nvme",
    estimate="2 s",
    needs=("nvme",),
    limits={"max_media_errors": 0.0, "max_percentage_used": None, "min_spare": None},
    remedy="replace the drive",
)
def test_nvme_health(nvme: Disk, limits: Any, measure: Any) -> None:
    log, tested = health.nvme(nvme)
    for warning in ("critical_warning", "endurance_group_warning"):
        if warning in log:
            measure(warning, log[warning], at_most=0)
    assert not tested.faults, "; ".join(tested.faults)
    measure("media_errors", log["media_errors"], at_most=limits.max_media_errors)
    measure("percentage_used", log["percentage_used"], unit="fraction", at_most=limits.max_percentage_used)
    measure("spare", log["spare"], unit="fraction", at_least=limits.min_spare)
    if "temperature" in log:
        measure("temperature", log["temperature"], unit="°C")
    if tested.doubts:
        raise ToolFailed("; ".join(tested.doubts), hint="run nvme self-test-log by hand")
