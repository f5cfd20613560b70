"""Labels of memory slots as boards print them: socket, node and channel are kept, and what they do not tell is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metalctl.model.inventory import Inventory, NumaNode
from metalctl.model.match import match
from metalctl.model.profile import MemoryRequirement, Profile, Requires
from metalctl.model.verdict import Verdict
from tests.unit.node.inspect.smbios_text import GIB, empty, read, slot

Label = Callable[[int, int, int, int], tuple[str, str]]  # processor, node, channel, slot, each from 0 → locator, bank
LETTERS = "ABCDEFGHIJKLMNOP"


def judged(inventory: Inventory, name: str) -> tuple[Verdict, str]:
    asked = MemoryRequirement(balanced=True, channels=True)
    found = match(inventory, Profile("p", "compute", requires=Requires(memory=asked)))
    (finding,) = [f for f in found if f.requirement == name]
    return finding.verdict, f"{finding.part} {finding.got} {finding.remedy}"


def machine(label: Label, filled: Callable[[int, int, int, int], bool], processors: int = 2, **more: Any) -> Inventory:
    """Two nodes a processor, two channels a node, two slots a channel."""
    places = [(p, n, c, s) for p in range(2) for n in range(2) for c in range(2) for s in range(2)]
    return read([(slot if filled(*at) else empty)(*label(*at)) for at in places], processors=processors, **more)


# What tells every channel. The channel of a letter counts on through the nodes, and on some boards through the sockets.
TELL_CHANNELS: dict[str, Label] = {
    "P0_Node1_Channel0_Dimm0": lambda p, n, c, s: ("Not Specified", f"P{p}_Node{n}_Channel{c}_Dimm{s}"),
    "P1-DIMMA1, P0_Node1_Channel0_Dimm0": lambda p, n, c, s: (
        f"P{p + 1}-DIMM{LETTERS[2 * n + c]}{s + 1}", f"P{p}_Node{n}_Channel{c}_Dimm{s}"),
    "CPU0_DIMM_A1, NODE 4": lambda p, n, c, s: (f"CPU{p}_DIMM_{LETTERS[2 * n + c]}{s + 1}", f"NODE {2 * p + n}"),
    "P1-DimmC2, P1-CH-C": lambda p, n, c, s: (
        f"P{p + 1}-Dimm{LETTERS[4 * p + 2 * n + c]}{s + 1}", f"P{p + 1}-CH-{LETTERS[4 * p + 2 * n + c]}"),
    "DIMM 0, P0 CHANNEL A": lambda p, n, c, s: (f"DIMM {s}", f"P{p} CHANNEL {LETTERS[2 * n + c]}"),
    "DIMM_P1_M0, BANK 0": lambda p, n, c, s: (f"DIMM_P{p}_{LETTERS[4 * p + 2 * n + c]}{s}", "BANK 0"),
    "CPU0_C1D0": lambda p, n, c, s: (f"CPU{p}_C{2 * n + c}D{s}", "Not Specified"),
    "DIMM010 J3, SOCKET 0 CHANNEL 1 DIMM 0": lambda p, n, c, s: (
        f"DIMM{p}{2 * n + c}{s} J{s}", f"SOCKET {p} CHANNEL {2 * n + c} DIMM {s}"),
    "DIMM_J1, NODE 1 CHANNEL 2 DIMM 0": lambda p, n, c, s: (
        f"DIMM_{LETTERS[4 * p + 2 * n + c]}{s}", f"NODE {p} CHANNEL {2 * n + c} DIMM {s}"),
    "_Node1_Channel3_Dimm0": lambda p, n, c, s: (f"DIMM{p}{2 * n + c}{s}", f"_Node{p}_Channel{2 * n + c}_Dimm{s}"),
    "DIMM_B1, NODE 1": lambda p, n, c, s: (f"DIMM_{LETTERS[2 * n + c]}{s + 1}", f"NODE {p + 1}"),
    "DIMM_A1, CPU1": lambda p, n, c, s: (f"DIMM_{LETTERS[2 * n + c]}{s + 1}", f"CPU{p + 1}"),
    "CPU1_B2, CPU1_Bank7": lambda p, n, c, s: (
        f"CPU{p}_{LETTERS[2 * n + c]}{s + 1}", f"CPU{p}_Bank{4 * n + 2 * c + s}"),
    "P2-DIMM3A, BANK4": lambda p, n, c, s: (
        f"P{p + 1}-DIMM{2 * n + c + 1}{LETTERS[s]}", f"BANK{8 * p + 4 * n + 2 * c + s}"),
    "P0_MC1_DIM_CH_A0, NODE 1": lambda p, n, c, s: (f"P{p}_MC{n}_DIM_CH_{LETTERS[c]}{s}", f"NODE {p + 1}"),
    "CPU1 DIMM-2B": lambda p, n, c, s: (f"DIMM-{s + 1}{LETTERS[2 * n + c]}", f"CPU{p + 1}"),
    "P1_DIMMA2, Node0_Bank0": lambda p, n, c, s: (f"P{p + 1}_DIMM{LETTERS[2 * n + c]}{s + 1}", f"Node{p}_Bank0"),
}  # fmt: skip
TELL_SOCKETS: dict[str, Label] = {
    "PROC  1 DIMM  1": lambda p, n, c, s: (f"PROC  {p + 1} DIMM {4 * n + 2 * c + s + 1:2d} ", "Not Specified"),
    "CPU 1 Dimm 1": lambda p, n, c, s: (f"CPU {p + 1} Dimm {4 * n + 2 * c + s + 1}", "Not Specified"),
    "CPU0-DIMM1, CPU0": lambda p, n, c, s: (f"CPU{p}-DIMM{4 * n + 2 * c + s + 1}", f"CPU{p}"),
    "B12": lambda p, n, c, s: (f"{LETTERS[p]}{4 * n + 2 * c + s + 1}", "Not Specified"),
    "DIMM.Socket.A3": lambda p, n, c, s: (f"DIMM.Socket.{LETTERS[p]}{4 * n + 2 * c + s + 1}", "Not Specified"),
    "Processor 1 Dimm 7": lambda p, n, c, s: (f"Processor {p} Dimm {4 * n + 2 * c + s}", "Not Specified"),
}
TELL_NOTHING: dict[str, Label] = {
    "DIMM 13": lambda p, n, c, s: (f"DIMM {8 * p + 4 * n + 2 * c + s + 1}", "Not Specified"),
    "DIMM013 J14": lambda p, n, c, s: (f"DIMM{p}{2 * n + c}{s} J{8 * p + 4 * n + 2 * c + s + 1}", "Not Specified"),
    "DIMM3_A": lambda p, n, c, s: (f"DIMM{4 * p + 2 * n + c + 1}_{LETTERS[s]}", "Not Specified"),
    "MemCard 1 DIMM 2, Node 1 Bank 3": lambda p, n, c, s: (
        f"MemCard {4 * p + 2 * n + c} DIMM {s}",
        f"Node 1 Bank {4 * p + 2 * n + c}",
    ),
    "J1A1": lambda p, n, c, s: (f"J{p + 1}{LETTERS[2 * n + c]}{s + 1}", f"BANK {s}"),
}


def named(labels: dict[str, Label]) -> Any:
    return pytest.mark.parametrize("label", labels.values(), ids=labels.keys())


@pytest.mark.truth("B5", "slot labels keep socket, node and channel: two channels of one number are not one")
@named(TELL_CHANNELS)
def test_a_channel_left_bare_in_one_node_is_not_made_good_by_the_other(label: Label) -> None:
    # Node 0 of the first processor has both slots of channel 0 filled, node 1 none of its channel 0.
    def filled(p: int, n: int, c: int, s: int) -> bool:
        return (n == 0) if (p, c) == (0, 0) else s == 0

    verdict, told = judged(machine(label, filled), "memory.channels")
    assert verdict is Verdict.FAIL
    assert label(0, 1, 0, 0)[0] in told or label(0, 1, 0, 0)[1] in told


@named(TELL_CHANNELS)
def test_an_even_machine_passes_on_every_kind_of_label(label: Label) -> None:
    even = machine(label, lambda p, n, c, s: s == 0)
    assert judged(even, "memory.channels")[0] is Verdict.PASS
    assert judged(even, "memory.balanced")[0] is Verdict.PASS


@pytest.mark.truth("B5", "slot labels keep socket, node and channel: what sits at which processor is seen")
@named(TELL_CHANNELS | TELL_SOCKETS)
def test_modules_that_are_not_even_over_the_processors_fail(label: Label) -> None:
    uneven = machine(label, lambda p, n, c, s: s == 0 or p == 0)
    asked = MemoryRequirement(balanced=True)
    (finding,) = match(uneven, Profile("p", "compute", requires=Requires(memory=asked)))
    assert finding.verdict is Verdict.FAIL
    assert "8 at " in finding.remedy


@named(TELL_SOCKETS)
def test_labels_without_channel_leave_the_channels_open(label: Label) -> None:
    even = machine(label, lambda p, n, c, s: s == 0)
    assert judged(even, "memory.channels")[0] is Verdict.UNKNOWN
    assert judged(even, "memory.balanced")[0] is Verdict.PASS


@pytest.mark.truth("B5", "modules of which nobody tells the socket are not called even")
@named(TELL_NOTHING)
def test_labels_that_tell_nothing_leave_it_open_whether_the_modules_are_even(label: Label) -> None:
    uneven = machine(label, lambda p, n, c, s: s == 0 or p == 0)
    assert judged(uneven, "memory.balanced")[0] is Verdict.UNKNOWN
    assert judged(uneven, "memory.channels")[0] is Verdict.UNKNOWN


@pytest.mark.truth("B5", "modules of which nobody tells the socket are not called even")
@named(TELL_NOTHING)
def test_then_the_memory_of_the_numa_nodes_tells(label: Label) -> None:
    def nodes(*sizes: int) -> tuple[NumaNode, ...]:
        return tuple(NumaNode(n, f"{n}", size * GIB) for n, size in enumerate(sizes))

    uneven = machine(label, lambda p, n, c, s: s == 0 or p == 0, numa=nodes(252, 126))
    assert judged(uneven, "memory.balanced")[0] is Verdict.FAIL
    even = machine(label, lambda p, n, c, s: s == 0, numa=nodes(125, 127))
    assert judged(even, "memory.balanced")[0] is Verdict.PASS
    clusters = machine(label, lambda p, n, c, s: s == 0, numa=nodes(62, 63, 63, 63))
    assert judged(clusters, "memory.balanced")[0] is Verdict.PASS


@pytest.mark.truth("B5", "slot labels keep socket, node and channel: two channels of one number are not one")
def test_a_bank_that_only_says_that_the_slot_is_empty_does_not_change_how_channels_are_named() -> None:
    label = TELL_CHANNELS["P1-DIMMA1, P0_Node1_Channel0_Dimm0"]
    places = [(p, n, c, s) for p in range(2) for n in range(2) for c in range(2) for s in range(2)]
    board = [slot(*label(*at)) if at[3] == 0 else empty(label(*at)[0], "NO DIMM") for at in places]
    found = read(board, processors=2)
    assert judged(found, "memory.channels")[0] is Verdict.PASS
    assert found.memory.dimms[1].slot == "P1-DIMMA2"


def test_the_slots_of_a_processor_that_is_not_fitted_do_not_count() -> None:
    for label in TELL_CHANNELS.values():
        single = machine(label, lambda p, n, c, s: p == 0 and s == 0, processors=1)
        assert judged(single, "memory.channels")[0] is Verdict.PASS, label(0, 0, 0, 0)


@pytest.mark.parametrize(
    "kept",
    [["A2", "B2", "C2", "D2"], ["A2", "C2"], ["A1", "C1"]],
    ids=["beside each", "beside some", "in place of some"],
)
def test_persistent_memory_leaves_the_channels_even(kept: list[str]) -> None:
    persistent = {"Type": "Logical non-volatile device", "Non-Volatile Size": "126 GB"}
    names = ["A1", "B1", "C1", "D1", *(name for name in kept if name.endswith("2"))]
    board = [slot(f"CPU0_DIMM_{name}") | (persistent if name in kept else {}) for name in names]
    found = read(board)
    assert judged(found, "memory.channels")[0] is Verdict.PASS
    assert judged(found, "memory.balanced")[0] is Verdict.PASS


@pytest.mark.parametrize("label", ["P0 CHANNEL A", "CPU1_DIMM_A"])
def test_one_channel_for_all_slots_of_a_board_is_not_believed(label: str) -> None:
    board = [slot(f"DIMM {n}", label) for n in range(6)]
    assert judged(read(board), "memory.channels")[0] is Verdict.UNKNOWN


def test_letters_alone_are_channels_of_one_processor_and_processors_where_there_are_as_many() -> None:
    board = [slot(f"DIMM_{c}{n}") for c in "AB" for n in (1, 2)]
    assert {(d.socket, d.channel) for d in read(board).memory.dimms} == {("", "A"), ("", "B")}
    assert {(d.socket, d.channel) for d in read(board, processors=2).memory.dimms} == {("A", ""), ("B", "")}
