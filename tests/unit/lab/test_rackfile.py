"""rack.yaml: what is read, and that every mistake is placed at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import yaml
from metalctl.lab import RackFileError, faults, load
from metalctl.lab.rack import rackfile
from metalctl.lab.spec import Disk, Nic

GOOD = """\
name: tiny
nodes:
  - name: sto1
    role: storage
    firmware: uefi
    vcpus: 4
    threads: 2
    memory: 1 GiB
    disks: [{kind: ssd, size: 8 GiB}, {kind: hdd, size: 2 GB, count: 3}]
    nics: 1
    faults: [svm-off]
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "rack.yaml"
    path.write_text(text)
    return load(path)


def test_a_rack_is_read_with_its_units(tmp_path: Path) -> None:
    path = tmp_path / "rack.yaml"
    path.write_text(GOOD)
    node = load(path).nodes[0]
    assert (node.firmware, node.vcpus, node.threads, node.memory) == ("uefi", 4, 2, 2**30)
    assert node.disks == (Disk("ssd", 8 * 2**30), *[Disk("hdd", 2 * 10**9)] * 3)
    assert node.nics == (Nic(25_000),)
    assert node.faults == ("svm-off",)


MERGED = """\
name: tiny
nodes:
  - &good {name: a, role: compute, memory: 3 GiB, dimms: 3, supplies: 1, disks: [{kind: ssd, size: 8 GiB}]}
  - {<<: *good, name: b, %s}
"""


def test_a_node_can_be_written_as_another_one_with_changes(tmp_path: Path) -> None:
    path = tmp_path / "rack.yaml"
    path.write_text(MERGED % "supplies: 0")
    one, other = load(path).nodes
    assert (one.dimms, one.supplies) == ((2**30,) * 3, 1)
    assert (other.name, other.dimms, other.supplies) == ("b", (2**30,) * 3, 0)


def test_what_is_merged_in_and_does_not_fit_is_named_at_the_node(tmp_path: Path) -> None:
    with pytest.raises(
        RackFileError, match=r"rack.yaml:4:5: nodes\[1\].dimms: 3071 MiB cannot be split into 3 modules"
    ):
        read(tmp_path, MERGED % "memory: 3071 MiB")


def test_cables_can_only_all_go_to_one_switch_where_there_are_two(tmp_path: Path) -> None:
    text = MERGED % "faults: [one-switch]" + "  - {<<: *good, name: c, nics: 2}\n"
    with pytest.raises(RackFileError, match=r"rack.yaml:4:34: node b: fault one-switch, but the rack has one switch"):
        read(tmp_path, text)
    read(tmp_path, text.replace("nodes:", "switches: 2\nnodes:"))


def test_the_demo_rack_has_one_node_a_role() -> None:
    rack = load()
    assert [node.role for node in rack.nodes] == ["controller", "compute", "storage"]
    assert {node.firmware for node in rack.nodes} == {"bios", "uefi"}
    assert all(len(node.nics) == 2 and node.memory == 2560 * 2**20 for node in rack.nodes)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("role: storage", "role: stroage", 4, 'role: expected controller or compute or storage, got "stroage"'),
        ("firmware: uefi", "firmware: efi", 5, 'firmware: expected bios or uefi, got "efi"'),
        ("vcpus: 4", "vcpus: many", 6, 'vcpus: expected a whole number from 1 to 255, got "many"'),
        ("vcpus: 4", "vcpus: true", 6, "vcpus: expected a whole number"),
        ("threads: 2", "threads: 3", 7, "4 vCPUs cannot be split into cores of 3 threads"),
        ("memory: 1 GiB", "memory: 1 GiBB", 8, "memory"),
        ("memory: 1 GiB", "memory: 1 MiB", 8, "at least 128 MiB, got"),
        ("kind: ssd", "kind: tape", 9, 'kind: expected ssd or hdd or nvme, got "tape"'),
        ("nics: 1", "nics: 9", 10, 'nics: expected a whole number from 1 to 4, got "9"'),
        ("nics: 1", "nic: 1", 10, 'no key is called "nic"\n  → did you mean nics?'),
        ("svm-off", "svm-of", 11, 'got "svm-of"\n  → did you mean svm-off?'),
        ("name: sto1", "name: Sto 1", 3, 'got "Sto 1"'),
        ("    role: storage\n", "", 3, "nodes[0]: role is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(RackFileError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.message.startswith(f"{tmp_path}/rack.yaml:{line}:")
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [", ":2:1: not YAML"),
        ("- a\n", ":1:1: expected a rack (keys and values)"),
        ("", ":1:1: expected a rack (keys and values)"),
        ("name: tiny\nnodes: []\n", ":2:8: nodes: expected a list of one item at least, got none"),
        ("name: tiny\nnodes: [3]\n", ':2:9: nodes[0]: expected keys and values, got "3"'),
    ],
)
def test_a_file_that_is_no_rack_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RackFileError, match=r"rack\.yaml") as caught:
        read(tmp_path, text)
    assert words in caught.value.message


def test_two_nodes_of_one_name_are_refused(tmp_path: Path) -> None:
    node = GOOD.partition("nodes:\n")[2]
    with pytest.raises(RackFileError, match=r'nodes\.name: expected each once, got "sto1" again') as caught:
        read(tmp_path, GOOD + node)
    assert ":12:11: " in caught.value.message


def test_a_missing_disk_can_only_be_missed_where_there_is_one(tmp_path: Path) -> None:
    text = GOOD.replace("{kind: hdd, size: 2 GB, count: 3}", "{kind: nvme, size: 2 GB}")
    with pytest.raises(RackFileError, match="declares no hdd"):
        read(tmp_path, text.replace("svm-off", "missing-hdd"))


def test_an_absent_file_is_named() -> None:
    with pytest.raises(RackFileError, match=r"/nowhere/rack\.yaml: file not found"):
        load(Path("/nowhere/rack.yaml"))


def test_the_page_about_the_rack_names_every_key_and_every_fault() -> None:
    page = Path("docs/explanation/emulated-rack.md").read_text()
    item = yaml.Reader(yaml.Mapping(yaml.Place("")), "", [])
    rackfile._node(item, 1)
    assert len(item.known) >= 12
    for key in item.known:
        assert f"{key}: " in page, key
    for name in faults.rack_names():
        assert f"`{name}`" in page, name
