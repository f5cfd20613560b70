"""What is told of profiles: where a requirement is written, what two differ in, what is wrong with a new key."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import profiles
from metalctl.content.errors import ProfileError
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import match

GOOD = "role: compute\nrequires: {disks: [{role: os}]}\n"


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", ["controller", "compute", "storage"])
def test_every_requirement_is_found_where_it_is_written(name: str) -> None:
    """The line that is named really asks for it."""
    findings = match(Inventory("in-band", Identity()), profiles.load(name))
    assert len(findings) > 15
    for finding in findings:
        place = profiles.where(name, finding.requirement)
        assert place is not None, finding.requirement
        line = Path(place[0]).read_text().splitlines()[place[1] - 1]
        key = finding.requirement.rpartition(".")[2]
        known = {"members": "bond0", "microcode": "uniform", "link": "bond0"}.get(key, key)
        lines = (
            line if known in line else "\n".join(Path(place[0]).read_text().splitlines()[place[1] - 1 : place[1] + 1])
        )
        assert known in lines, (finding.requirement, line)


def test_what_nothing_asks_for_stands_nowhere() -> None:
    assert profiles.where("compute", "gpu.count") is None
    assert profiles.where("compute", "check.wal-fsync") is None
    assert profiles.where("compute", "check.iperf3.min_throughput") is not None


def test_a_difference_names_the_key_and_both_words(tmp_path: Path) -> None:
    child = write(tmp_path, "c.yaml", "extends: compute\nrequires: {cpu: {cores: '>= 96', iommu: ~}, boot_mode: bios}\n"
                  "waivers: [{requirement: cpu.kvm, who: a, why: b, until: 2027-01-01}]\n")  # fmt: skip
    found = {(d.key, d.before, d.after) for d in profiles.difference("compute", child)}
    assert found == {
        ("requires.cpu.cores", ">= 64", ">= 96"),
        ("requires.cpu.iommu", "true", ""),
        ("requires.boot_mode", "uefi", "bios"),
        ("waivers[cpu.kvm].requirement", "", "cpu.kvm"),
        ("waivers[cpu.kvm].who", "", "a"),
        ("waivers[cpu.kvm].why", "", "b"),
        ("waivers[cpu.kvm].until", "", "2027-01-01"),
    }
    assert profiles.difference("compute", "compute") == []


def test_a_difference_in_a_list_is_told_by_role(tmp_path: Path) -> None:
    one = write(tmp_path, "a.yaml", "role: compute\nrequires: {disks: [{role: os}, {role: data, size: 1 TB}]}\n")
    two = write(tmp_path, "b.yaml", "role: compute\nrequires: {disks: [{role: data, size: 2 TB}, {role: os}]}\n")
    assert [(d.key, d.before, d.after) for d in profiles.difference(one, two)] == [
        ("requires.disks[data].size", "1 TB", "2 TB")
    ]


def test_a_broken_profile_is_not_compared(tmp_path: Path) -> None:
    with pytest.raises(ProfileError):
        profiles.difference("compute", write(tmp_path, "p.yaml", "role: x\n"))


@pytest.mark.parametrize(
    ("text", "line", "expected", "hint"),
    [
        ("when: [{requires: {}}]\n", 3, "when[0].vendor: expected vendor or model, or both, got neither", ""),
        ("when:\n  - vendor: dell\n    requires: {cpu: {corse: 1}}\n", 5, 'requires.cpu: no key is called "corse"',
         "did you mean cores?"),
        ("when:\n  - vendor: dell\n    requires: {tpm: ~}\n", 5, '"tpm": expected a value, got nothing', ""),
        ("when:\n  - vendor: dell\n    requires: {disks: [{role: data}]}\n", 4,
         "when[0].requires.disks: expected a disk of role os, which install.root_disk names, got none", ""),
        ("waivers: [{requirement: x, who: me, why: y}]\n", 3, "waivers[0]: until is missing", ""),
        ("waivers: [{requirement: x, who: me, why: y, until: soon}]\n", 3,
         'waivers[0].until: expected a date such as 2027-01-31, got "soon"', ""),
        ("waivers: [{requirement: x, who: me, why: y, until: 2027-02-30}]\n", 3,
         "expected a date such as 2027-01-31", ""),
        ("drives: {x: {endurence: 1}}\n", 3, 'drives.x: no key is called "endurence"', "did you mean endurance?"),
        ("warnings: [a, a]\n", 3, 'warnings: expected each once, got "a" again', ""),
    ],
)  # fmt: skip
def test_a_mistake_in_the_new_keys_names_its_line(
    text: str, line: int, expected: str, hint: str, tmp_path: Path
) -> None:
    (problem, *_) = profiles.check(write(tmp_path, "p.yaml", GOOD + text))
    assert expected in problem.message
    assert (problem.line, problem.hint or hint) == (line, hint or problem.hint)


def test_a_mistake_below_when_is_told_once(tmp_path: Path) -> None:
    file = write(tmp_path, "p.yaml", "role: compute\nrequires: {cpu: {cores: x}, disks: [{role: os}]}\n"
                 "when: [{vendor: a, requires: {}}, {vendor: b, requires: {}}]\n")  # fmt: skip
    assert [p.line for p in profiles.check(file)] == [2]


@pytest.mark.parametrize("name", ["cpu.iommu", "disks.data.*", "disks.data.full_link", "network.bond0.speed",
                                  "memory.usable", "check.iperf3", "handover.netbox"])  # fmt: skip
def test_a_waiver_of_something_that_may_be_found_is_good(name: str, tmp_path: Path) -> None:
    text = f'extends: compute\nwaivers: [{{requirement: "{name}", who: a, why: b, until: 2027-01-01}}]\n'
    assert profiles.check(write(tmp_path, "p.yaml", text)) == []


@pytest.mark.parametrize("name", ["cpu.iomu", "disks.dat.full_link", "memory.chanels", "iommu"])
def test_a_waiver_of_nothing_is_a_mistake_with_its_line(name: str, tmp_path: Path) -> None:
    text = f"extends: compute\nwaivers:\n  - {{requirement: {name}, who: a, why: b, until: 2027-01-01}}\n"
    (problem,) = profiles.check(write(tmp_path, "p.yaml", text))
    assert problem.line == 3
    assert f'the profile has no requirement "{name}"' in problem.message
    assert problem.hint


def test_what_a_parent_takes_away_for_one_make_may_be_gone_already(tmp_path: Path) -> None:
    text = "extends: compute\nrequires: {memory: {channels: ~}}\n"
    assert profiles.check(write(tmp_path, "p.yaml", text)) == []


def test_no_channel_is_asked_of_a_dell_which_cannot_tell() -> None:
    profile = profiles.load("compute")
    dell, other = (
        Identity(manufacturer="Dell Inc.", product="PowerEdge R6525"),
        Identity(manufacturer="HPE", product="x"),
    )
    assert profile.requires_of(dell).memory.channels is None
    assert profile.requires_of(dell).memory.balanced
    assert profile.requires_of(other).memory.channels
