"""What `profile check` says of a profile that no machine can meet, or that waives what nobody asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import profiles

UNTIL = "who: a, why: b, until: 2999-01-01"


def problems(folder: Path, text: str) -> list[tuple[int, str]]:
    file = folder / "p.yaml"
    file.write_text(f"extends: compute\n{text}")
    return [(p.line, p.message) for p in profiles.check(file)]


def of_disk(words: str) -> str:
    return f"requires: {{disks: [{{role: os, kind: ssd}}, {{role: osd, kind: hdd, {words}}}]}}\n"


@pytest.mark.truth("D5", "a profile whose name makes no resource class of Ironic is refused by profile check")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("g" * 71, "makes an Ironic resource class of 81 characters"),
        (f"{'rack-' * 14}-v2", "makes an Ironic resource class of 82 characters"),
        ("серверы", "has no letter or digit that an Ironic resource class can hold"),
        ("Compute", 'makes the same Ironic resource class as profile "compute": baremetal-compute'),
        ("lab_compute", 'makes the same Ironic resource class as profile "lab/compute": baremetal-lab-compute'),
    ],
)
def test_a_name_that_is_none_for_the_cloud_is_a_mistake(tmp_path: Path, name: str, message: str) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text("extends: compute\n")
    assert [(p.line, message in p.message) for p in profiles.check(file)] == [(1, True)]


@pytest.mark.parametrize("name", ["g" * 70, f"{'rack--' * 14}", "storage.v2_dense", "7"])
def test_a_name_that_the_cloud_takes_is_none(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text("extends: compute\n")
    assert profiles.check(file) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("requires:\n  cpu: {sockets: 0}\n", 3, "cpu.sockets: no machine has none"),
        ("requires:\n  memory:\n    total: '0'\n", 4, "memory.total: no machine has none"),
        ("requires: {disks: [{role: os, kind: ssd, count: 0}]}\n", 2, "disks.os.count: the system is installed on"),
        ("requires:\n  cpu:\n    cores: '>= 64'\n    threads: 32\n", 5, 'cpu.threads: "32" is less than the cores'),
        ("requires:\n  cpu:\n    cores: 64\n    smt: false\n", 7, 'cpu.threads: ">= 128" is more than the cores'),
        ("when:\n  - {vendor: hpe, requires: {}}\n  - {vendor: HPE, model: dl385, requires: {}}\n", 4,
         "when[1]: never reached: when[0] (line 3) fits all its machines"),
        ("requires:\n  cabling:\n    - {port: eth0, switch: tor-a, switch_port: swp1}\n"
         "    - {port: eth1, switch: TOR-A, switch_port: swp1}\n", 5, 'switch port "tor-a swp1" has a cable in line 4'),
        ("requires:\n  cabling:\n    - {port: eth0, switch: tor-a}\n    - {port: ETH0, switch: tor-b}\n", 5,
         'port "eth0" has a cable in line 4'),
        (f'waivers: [{{requirement: "*", {UNTIL}}}]\n', 2, 'waivers: "*" is not about one thing'),
        (f'waivers: [{{requirement: "m*.total", {UNTIL}}}]\n', 2, 'waivers: "m*.total" is not about one thing'),
        (f"waivers: [{{requirement: nothing.at.all, {UNTIL}}}]\n", 2,
         'waivers: the profile has no requirement "nothing.at.all"'),
        ("warnings: [cpu.iommu, cpu.iomu]\n", 2, 'warnings: the profile has no requirement "cpu.iomu"'),
        ("warnings: [check.bond]\n", 2, 'warnings: "check.bond": a check that fails always blocks'),
        ("warnings: '*'\n", 2, 'warnings: "*" is not about one thing'),
        (of_disk("healthy: true") + f"waivers: [{{requirement: disks.osd.uniform, {UNTIL}}}]\n", 3,
         'waivers: the profile has no requirement "disks.osd.uniform"'),
    ],
)  # fmt: skip
def test_what_no_machine_can_be_or_nobody_asks_is_a_mistake_with_its_line(
    text: str, line: int, message: str, tmp_path: Path
) -> None:
    ((found, said),) = problems(tmp_path, text)
    assert message in said
    # The line of the inherited threads is the parent's.
    assert found == line


@pytest.mark.parametrize(
    "text",
    [
        "requires: {cpu: {cores: '>= 64', threads: '>= 64', smt: false}}\n",
        "requires: {disks: [{role: os, kind: ssd, count: '>= 0'}]}\n",
        "when: [{vendor: hpe, model: dl385, requires: {}}, {vendor: hpe, requires: {}}]\n",
        "requires: {cabling: [{port: eth0, switch: tor-a, switch_port: swp*, machine: A},"
        " {port: eth0, switch: tor-a, switch_port: swp*, machine: B}]}\n",
        of_disk("uniform: true") + f"waivers: [{{requirement: disks.osd.uniform, {UNTIL}}}]\n",
        f"waivers: [{{requirement: check.bond, {UNTIL}}}]\n",
        f"waivers: [{{requirement: network.bond0.mac, {UNTIL}}}, {{requirement: sources.dimm, {UNTIL}}}]\n",
        "requires: {cabling: [{port: e0, switch: s, machine: X}]}\n"
        f"waivers: [{{requirement: cabling.e0, {UNTIL}}}]\n",
        "when: [{vendor: hpe, requires: {disks: [{role: os, kind: ssd, wear: '<= 5 %'}]}}]\nwarnings: disks.os.wear\n",
    ],
)
def test_what_may_well_be_meant_is_good(text: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == []
