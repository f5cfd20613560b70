"""The limits of the shipped profiles: what is let pass before a run and during it, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.verdict import Verdict

EDAC, CARD = "sys/devices/system/edac/mc/mc0", "0000:81:00.0"
MODULE, PORT, CPU = "dimm CPU1 DIMM_B", "nic eth0 52:54:00:00:00:01", "processor 1"


def counters(node: Any, **counts: int) -> dict[str, Path]:
    """A machine whose counters stand at these."""
    node.file(f"{EDAC}/dimm1/dimm_label", "CPU1 DIMM_B\n")
    node.file("sys/devices/system/cpu/cpu3/topology/physical_package_id", "1\n")
    node.file("sys/devices/system/cpu/cpu3/topology/core_id", "2\n")
    files = {
        "ce": f"{EDAC}/dimm1/dimm_ce_count", "ue": f"{EDAC}/dimm1/dimm_ue_count",
        "down": "sys/class/net/eth0/carrier_down_count", "crc": "sys/class/net/eth0/statistics/rx_crc_errors",
        "hot": "sys/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count",
    }  # fmt: skip
    found = {name: node.file(path, f"{counts.get(name, 0)}\n") for name, path in files.items()}
    for name, sort in (("cor", "correctable"), ("non", "nonfatal"), ("fatal", "fatal")):
        path = f"sys/bus/pci/devices/{CARD}/aer_dev_{sort}"
        found[name] = node.file(path, f"BadTLP {counts.get(name, 0)}\nTOTAL_ERR {counts.get(name, 0)}\n")
    return found


def judged(node: Any, *checks: str, **spec: Any) -> dict[str, tuple[Verdict, str]]:
    """Part → verdict and reason, of the parts that are counted here."""
    watch = getattr(profiles.load("compute"), "errors", None)  # a profile that has no limits must fail these tests
    node.run(*checks, **({"errors": watch} if watch else {}), **spec)
    found = {r.part: (r.verdict, r.reason) for r in node.results if r.check == "error-counters"}
    return {part: told for part, told in found.items() if told[0] is not Verdict.UNKNOWN}


LIMITS = {
    "a storm of corrected memory errors": ({"ce": 11}, MODULE, "dimm_ce_count stood at 11"),
    "an uncorrected memory error": ({"ue": 1}, MODULE, "dimm_ue_count stood at 1"),
    "a link that went down often": ({"down": 40}, PORT, "carrier_down_count stood at 40"),
    "a port with many bad frames": ({"crc": 4000}, PORT, "rx_crc_errors stood at 4000"),
    "a processor that ran hot": ({"hot": 900}, CPU, "core_throttle_count stood at 900"),
    "a link with many corrected errors": ({"cor": 5000}, f"pcie {CARD}", "aer_dev_correctable of"),
    "a device with nonfatal errors": ({"non": 1}, f"pcie {CARD}", "aer_dev_nonfatal of"),
}


@pytest.mark.truth("B2", "errors of before the run are held to the profile's limits")
@pytest.mark.parametrize(("counts", "part", "reason"), LIMITS.values(), ids=LIMITS.keys())
def test_more_than_the_profile_lets_pass_fails_the_part(
    node: Any, written: Any, counts: dict[str, int], part: str, reason: str
) -> None:
    written("quiet", "pass")
    counters(node, **counts)
    found = judged(node, "quiet")
    assert list(found) == [part]
    assert (found[part][0], reason in found[part][1]) == (Verdict.FAIL, True)


def test_a_few_harmless_errors_fail_nothing(node: Any, written: Any) -> None:
    written("quiet", "pass")
    counters(node, ce=3, down=4, crc=12, hot=9, cor=40)
    assert judged(node, "quiet") == {}


def test_limits_are_for_a_day_that_the_machine_is_up(node: Any, written: Any) -> None:
    written("quiet", "pass")
    counters(node, ce=45)
    node.file("proc/uptime", f"{5 * 86400}.00 1.00\n")
    assert judged(node, "quiet") == {}
    node.file("proc/uptime", f"{4 * 86400}.00 1.00\n")
    assert judged(node, "quiet", run_id="r2")[MODULE][0] is Verdict.FAIL


def test_during_the_run_no_memory_error_is_let_pass_and_a_link_may_correct_a_few(node: Any, written: Any) -> None:
    files = counters(node)
    body = f"open({str(files['ce'])!r}, 'w').write('1'); open({str(files['cor'])!r}, 'w').write('BadTLP 60')"
    written("loud", body)
    found = judged(node, "loud")
    assert list(found) == [MODULE]
    assert found[MODULE] == (Verdict.FAIL, "dimm_ce_count rose from 0 to 1 during loud")
