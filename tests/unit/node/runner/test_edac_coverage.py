"""A memory controller driver speaks only for the errors that it counts: each controller, each module, each sort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Dimm
from metalctl.model.verdict import Verdict
from metalctl.node.counters.memory import memory
from tests.unit.node.runner.errors_of import EDAC, told

KIND = "a driver that does not count uncorrected errors is no source of them"
ALL = {"dimm0/dimm_ce_count": 0, "dimm0/dimm_ue_count": 0, "dimm1/dimm_ce_count": 0, "dimm1/dimm_ue_count": 0}
DIMMS = (Dimm("CPU1 DIMM_A", 1 << 30), Dimm("CPU1 DIMM_B", 1 << 30))


def source(root: Path, **controllers: dict[str, int]) -> str:
    """What the source "edac" says of itself where the drivers have these files."""
    for name, files in controllers.items():
        for file, count in files.items():
            path = root / EDAC / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{count}\n")
    return memory(root, DIMMS).sources["edac"]


def without(*words: str) -> dict[str, int]:
    return {file: count for file, count in ALL.items() if not any(word in file for word in words)}


COVERED = {
    "each module": {"mc0": ALL},
    "the controller as a whole": {"mc0": {"ce_count": 4, "ue_count": 0}},
    "modules, and the controller for the one that does not": {"mc0": {**without("dimm1/dimm_ue"), "ue_count": 0}},
    "two controllers in two ways": {"mc0": ALL, "mc1": {"ce_count": 0, "ue_count": 0}},
}
UNCOVERED = {
    "corrected errors only": ({"mc0": without("_ue_")}, "mc0 counts no uncorrected"),
    "corrected errors of the whole only": ({"mc0": {"ce_count": 0}}, "mc0 counts no uncorrected"),
    "what no module was given only": ({"mc0": {**without("_ue_"), "ue_noinfo_count": 0}}, "mc0 counts no uncorrected"),
    "one module of two": ({"mc0": {**without("dimm1/dimm_ue"), "ue_noinfo_count": 0}}, "mc0 counts no uncorrected"),
    "one controller of two": ({"mc0": ALL, "mc1": without("_ue_")}, "mc1 counts no uncorrected"),
    "uncorrected errors only": ({"mc0": without("_ce_")}, "mc0 counts no corrected"),
    "a controller without modules": ({"mc0": ALL, "mc1": {"size_mb": 1024}}, "mc1 counts no corrected"),
}


@pytest.mark.parametrize("controllers", COVERED.values(), ids=COVERED.keys())
def test_a_driver_that_counts_all_of_them_is_a_source(tmp_path: Path, controllers: dict[str, dict[str, int]]) -> None:
    assert source(tmp_path, **controllers) == ""


@pytest.mark.truth("B3", KIND)
@pytest.mark.parametrize(("controllers", "why"), UNCOVERED.values(), ids=UNCOVERED.keys())
def test_a_driver_that_counts_some_of_them_is_none(
    tmp_path: Path, controllers: dict[str, dict[str, int]], why: str
) -> None:
    assert why in source(tmp_path, **controllers)


@pytest.mark.truth("B3", KIND)
def test_such_a_machine_is_unknown(whole: Any) -> None:
    for number in (0, 1):
        (whole.room / "root" / EDAC / f"mc0/dimm{number}/dimm_ue_count").unlink()
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, "memory")
    assert "mc0 counts no uncorrected errors" in result.reason
