"""Every table that rasdaemon keeps is read, or told: none is passed over in silence."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.verdict import Verdict
from tests.unit.node.runner.errors_of import CARD, HEARD, A, bad, log, rasdaemon, recorded, shipped, told, without_edac

KIND = "what rasdaemon recorded in any of its tables counts"
PCIE = f"pcie X710 {CARD}"
MEM0 = f"cxl mem2 {CARD}"
HOST = ("mem2", CARD)
CXL = "memdev TEXT, host TEXT, log_type TEXT"
BAD = {
    "a vendor's section": ("non_standard_event", "severity TEXT, fru_text TEXT", ("Recoverable", "IOD 1"), "IOD 1"),
    "a section without a name": ("non_standard_event", "severity TEXT", ("Fatal",), "machine"),
    "poison of a CXL device": ("cxl_poison_event", "memdev TEXT, host TEXT, trace_type TEXT", (*HOST, "List"), MEM0),
    "CXL media": ("cxl_general_media_event", f"{CXL}, descriptor INTEGER", (*HOST, "Warning", 1), MEM0),
    "a CXL DRAM": ("cxl_dram_event", f"{CXL}, descriptor INTEGER", (*HOST, "Fatal", 0), MEM0),
    "a worn CXL module": ("cxl_memory_module_event", f"{CXL}, health_status INTEGER, media_status INTEGER",
                          (*HOST, "Informational", 4, 0), MEM0),
    "another record of a CXL device": ("cxl_generic_event", CXL, (*HOST, "Failure"), MEM0),
    "a CXL link": ("cxl_aer_ue_event", "memdev TEXT, host TEXT, error_status TEXT", (*HOST, "Cache Data Parity"), PCIE),
    "a hart": ("reri_event", "severity TEXT, hart_id INTEGER", ("Uncorrected", 6), "hart 6"),
    "a page": ("memory_failure_event", "pfn TEXT, page_type TEXT", ("0x9c", "free buddy page"), "memory"),
    "a table that nobody knows": ("acme_soc_event", "err_severity TEXT, regs TEXT", ("fatal", "0f"),
                                  "machine (acme_soc_event)"),
}  # fmt: skip


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize(("table", "columns", "row", "part"), BAD.values(), ids=BAD.keys())
def test_an_uncorrected_error_in_any_table_fails_its_part(
    whole: Any, table: str, columns: str, row: tuple[Any, ...], part: str
) -> None:
    recorded(whole, table, columns, row)
    assert bad(whole, **shipped()) == [(Verdict.FAIL, part)]


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize("said", ["critical medium error", "protection error"])
def test_a_medium_that_could_not_be_read_fails_its_disk(whole: Any, said: str) -> None:
    link = whole.room / "root/sys/dev/block/8:0"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../devices/pci0000:00/block/sda")
    recorded(whole, "diskerror_event", "dev TEXT, sector INTEGER, error TEXT", ("8:0", 7040, said))
    (result,) = [r for r in told(whole, **shipped()) if r.verdict is Verdict.FAIL]
    assert result.part.startswith("hdd serial HD1")


TOLD = {
    "a corrected section": ("non_standard_event", "severity TEXT", ("Corrected",), "cpu-corrected stood at 1"),
    "a request that failed": ("diskerror_event", "dev TEXT, error TEXT", ("8:0", "critical target error"),
                              "diskerror_event stood at 1"),
    "a network card": ("devlink_event", "dev_name TEXT, msg TEXT", (CARD, "TX timeout"), "devlink_event stood at 1"),
    "a table that nobody knows": ("acme_soc_event", "regs TEXT", ("0f",), "acme_soc_event stood at 1"),
    "a corrected one of it": ("acme_soc_event", "severity TEXT", ("Corrected",), "acme_soc_event stood at 1"),
}  # fmt: skip


@pytest.mark.truth("B2", "a row of rasdaemon that is no known error is told, not passed over")
@pytest.mark.parametrize(("table", "columns", "row", "said"), TOLD.values(), ids=TOLD.keys())
def test_what_is_no_error_of_a_kind_is_told(
    whole: Any, table: str, columns: str, row: tuple[Any, ...], said: str
) -> None:
    recorded(whole, table, columns, row)
    (result,) = told(whole, **shipped())
    assert (result.verdict, said in result.reason) == (Verdict.PASS, True), result.reason


def test_poison_that_was_cleared_and_good_news_are_none(whole: Any) -> None:
    recorded(whole, "cxl_poison_event", "memdev TEXT, trace_type TEXT", ("mem2", "Clear"))
    recorded(whole, "non_standard_event", "severity TEXT", ("Informational",))
    assert bad(whole, **shipped()) == [(Verdict.PASS, "")]


UNTOLD = {
    "another shape of the memory's table": ("cxl_dram_event", "memdev TEXT", ("mem2",), "memory"),
    "a count that is none": ("extlog_event", "severity TEXT, fru_text TEXT", ("severe", "CPU1 DIMM_B"), "memory"),
    "events that were lost": ("cxl_overflow_event", "memdev TEXT, count INTEGER", ("mem2", 31), "memory"),
    "a severity that nobody knows": ("non_standard_event", "severity TEXT", ("Blue",), "cpu"),
    "ARM's errors, which have none": ("arm_event", "error_count INTEGER, mpidr INTEGER", (1, 0x81000200), "cpu"),
    "a status that is no number": ("mce_record", "status TEXT, cpu INTEGER", ("be00zz", 3), "cpu"),
}  # fmt: skip


@pytest.mark.truth("B3", "a table of rasdaemon that cannot be read leaves what it covers untold")
@pytest.mark.parametrize(("table", "columns", "row", "thing"), UNTOLD.values(), ids=UNTOLD.keys())
def test_a_table_that_cannot_be_read_covers_nothing(
    whole: Any, table: str, columns: str, row: tuple[Any, ...], thing: str
) -> None:
    from dataclasses import replace

    from metalctl.model.watch import UNASKED, Need

    rasdaemon(whole, listens=HEARD)
    recorded(whole, table, columns, row)
    watch = replace(UNASKED, sources={thing: Need(all=("rasdaemon",))})
    (result,) = told(whole, errors=watch)
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, thing), result.reason
    other = replace(UNASKED, sources={"pcie": Need(all=("rasdaemon",))})
    assert bad(whole, errors=other, run_id="r2") == [(Verdict.PASS, "")]


def test_a_database_without_the_table_of_memory_is_unread(whole: Any) -> None:
    import sqlite3

    without_edac(whole)
    with sqlite3.connect(rasdaemon(whole)) as database:
        database.execute("DROP TABLE mc_event")
    database.close()
    assert (Verdict.UNKNOWN, "memory") in bad(whole)


def test_a_row_that_cannot_be_read_hides_no_other(whole: Any) -> None:
    recorded(whole, "extlog_event", "severity TEXT, fru_text TEXT", ("severe", ""), ("1", "CPU1 DIMM_A"))
    assert (Verdict.FAIL, A) in bad(whole)
    log(whole)
