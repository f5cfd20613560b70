"""The checks `dimms` and `memory` on machines whose memory is listed in other words, or is of several kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.inventory import Cpu, Dimm, Inventory, Memory, NumaNode
from metalctl.model.verdict import Verdict

GIB = 1 << 30


def fitted(
    node: Any, *dimms: Dimm, processors: int = 2, total: int | None = None, numa: tuple[NumaNode, ...] = ()
) -> None:
    node.change(cpu=Cpu(sockets=processors), numa=numa, memory=Memory(total or sum(d.size for d in dimms), dimms=dimms))


def of(labels: list[str], size: int = 32) -> list[Dimm]:
    return [Dimm(label, size * GIB) for label in labels]


@pytest.mark.truth("B5", "the check dimms reads slot labels as match does")
@pytest.mark.parametrize("label", ["PROC  {p} DIMM {n:2d}", "Proc {p}  Dimm {n}", "DIMM_P{p}_{c}1"])
def test_more_modules_at_one_processor_than_at_the_other_fail(node: Any, label: str) -> None:
    slots = [label.format(p=p, n=n, c="ABCDEF"[n]) for p, n in [(0, 1), (0, 3), (0, 5), (1, 1)]]
    fitted(node, *of(slots))
    result = node.one("dimms")
    assert (result.verdict, "sockets carry 3 on 0, 1 on 1" in result.reason) == (Verdict.FAIL, True)


@pytest.mark.truth("B5", "a channel that holds fewer modules than the others is not called balanced")
def test_a_channel_of_one_node_is_not_made_good_by_the_same_number_in_another(node: Any) -> None:
    bank = "P0_Node{}_Channel{}_Dimm{}"
    full = [bank.format(0, 0, 0), bank.format(0, 0, 1), bank.format(0, 1, 0), bank.format(1, 1, 0)]
    fitted(node, *of(full), Dimm(bank.format(1, 0, 0), 0), processors=1)
    result = node.one("dimms")
    assert result.verdict is Verdict.FAIL
    assert "fewer than 2" in result.reason


@pytest.mark.truth("B5", "modules of which nobody tells the socket are not called even")
def test_labels_that_tell_no_socket_leave_it_open(node: Any) -> None:
    fitted(node, *of([f"DIMM {n}" for n in range(1, 5)]))
    result = node.one("dimms")
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "the labels of the slots name no socket")
    fitted(node, *of([f"DIMM {n}" for n in range(1, 5)]), numa=tuple(NumaNode(n, f"{n}", 63 * GIB) for n in range(2)))
    assert node.one("dimms", run_id="r2").verdict is Verdict.PASS


def test_channels_that_are_asked_and_not_told_are_open(node: Any) -> None:
    fitted(node, *of(["CPU 1 Dimm 1", "CPU 2 Dimm 1"]))
    assert node.one("dimms", limits={"channels": True}).verdict is Verdict.UNKNOWN
    assert node.one("dimms", run_id="r2").evidence["channels"] == "not in the labels of the slots"


RAM = of(["CPU0_DIMM_A1", "CPU0_DIMM_B1"])


def test_persistent_memory_is_neither_odd_nor_missing(node: Any) -> None:
    kept = [replace(d, technology="persistent", volatile=0) for d in of(["CPU0_DIMM_A2", "CPU0_DIMM_B2"], 128)]
    fitted(node, *RAM, *kept, processors=1, total=63 * GIB)
    assert [r.verdict for r in node.run("dimms", "memory", limits={"count": 2.0})] == [Verdict.PASS, Verdict.PASS]


@pytest.mark.truth("B5", "memory of a NUMA node without processors hides no module that was mapped out")
def test_memory_apart_from_the_processors_stands_in_for_no_module(node: Any) -> None:
    def machine(*more: Dimm) -> Inventory:
        nodes = (NumaNode(0, "0-15", 31 * GIB), NumaNode(1, "", 64 * GIB))
        fitted(node, *RAM, *more, processors=1, total=95 * GIB, numa=nodes)
        return node.inventory  # type: ignore[no-any-return]

    machine()
    assert node.one("memory").verdict is Verdict.UNKNOWN
    machine(Dimm("CXL0", 64 * GIB, technology="cxl"))
    assert node.one("memory", run_id="r2").reason.startswith("missing is 51.")
