"""The kolla-ansible inventory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from metalctl.handover import Settings, files, target
from metalctl.handover.errors import HandoverError, Incomplete
from metalctl.handover.kolla_groups import HOST_GROUPS, own_groups, read_groups
from metalctl.model.dossier import Dossier
from metalctl.model.verdict import Verdict

Sample = Callable[[str], Dossier]
# Of the environment that the tests run in, activated or not, else of the machine.
ANSIBLE = shutil.which("ansible-inventory", path=Path(sys.executable).parent) or shutil.which("ansible-inventory")
THREE = ("accepted", "waived", "controller")


def variables(settings: Settings, node: str) -> dict[str, object]:
    found = yaml.safe_load((settings.directory / "kolla" / "host_vars" / f"{node}.yml").read_text())
    assert isinstance(found, dict)
    return found


def members(settings: Settings) -> dict[str, list[str]]:
    """Hosts of each group with hosts."""
    found: dict[str, list[str]] = {}
    for line in (settings.directory / "kolla" / "multinode").read_text().splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            found[list(found)[-1]].append(line.split()[0])
    return {name: hosts for name, hosts in found.items() if name in HOST_GROUPS}


def test_roles_become_groups_and_everything_reads_back(sample: Sample, settings: Settings) -> None:
    handed = target("kolla").hand_over([sample(n) for n in THREE], settings)
    assert members(settings) == {
        "control": ["controller-01"],
        "network": ["controller-01"],
        "monitoring": ["controller-01"],
        "compute": ["compute-01"],
        "storage": ["storage-01"],
    }
    assert "1 compute, 1 controller, 1 storage" in handed.summary
    for name in THREE:
        findings = target("kolla").read_back(sample(name), settings)
        assert {f.verdict for f in findings} == {Verdict.PASS}


def test_host_vars_name_address_interfaces_and_stable_disks(sample: Sample, settings: Settings) -> None:
    target("kolla").hand_over([sample("accepted")], settings)
    found = variables(settings, "compute-01")
    assert (found["ansible_host"], found["network_interface"]) == ("10.30.0.11", "bond0")
    assert found["neutron_external_interface"] == "eno1"
    about = found["metalctl"]
    assert isinstance(about, dict)
    assert all(p.startswith("/dev/disk/by-path/") for p in about["disks"]["data"])


def test_a_mac_address_of_digits_stays_text_for_ansible(sample: Sample, settings: Settings) -> None:
    # YAML 1.1 reads 52:54:00:01:00:00 as a number to the base 60 unless it is quoted.
    target("kolla").hand_over([sample("accepted")], settings)
    about = variables(settings, "compute-01")["metalctl"]
    assert isinstance(about, dict)
    assert about["bonds"][0]["members"] == ["52:54:00:01:00:00", "52:54:00:01:00:01"]


def test_nodes_are_added_one_by_one_and_the_earlier_stay(sample: Sample, settings: Settings) -> None:
    for name in (*THREE, "accepted"):
        target("kolla").hand_over([sample(name)], settings)
    assert members(settings)["compute"] == ["compute-01"]
    assert members(settings)["control"] == ["controller-01"]


def test_many_writers_at_once_lose_no_node(sample: Sample, settings: Settings) -> None:
    nodes = [replace(sample("accepted"), node=f"c{i:02}") for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda d: target("kolla").hand_over([d], settings), nodes))
    assert members(settings)["compute"] == [d.node for d in nodes]


def test_what_somebody_changed_in_the_files_is_a_fail(sample: Sample, settings: Settings) -> None:
    dossier = sample("accepted")
    target("kolla").hand_over([dossier], settings)
    file = settings.directory / "kolla" / "host_vars" / "compute-01.yml"
    file.write_text(file.read_text().replace("bond0", "eth0", 1))
    inventory = settings.directory / "kolla" / "multinode"
    inventory.write_text(inventory.read_text().replace("[compute]\ncompute-01", "[compute]"))
    bad = {f.requirement: f.got for f in target("kolla").read_back(dossier, settings) if f.blocks}
    assert bad == {"handover.kolla.network_interface": "eth0", "handover.kolla.groups": "[]"}
    file.unlink()
    assert target("kolla").read_back(dossier, settings)[0].blocks


def test_no_spare_port_is_a_warning_that_blocks_nothing(sample: Sample, settings: Settings) -> None:
    dossier = sample("accepted")
    assert dossier.installed
    dossier = replace(dossier, installed=replace(dossier.installed, nics=dossier.installed.nics[:2]))
    target("kolla").hand_over([dossier], settings)
    warnings = [f for f in target("kolla").read_back(dossier, settings) if f.verdict is Verdict.FAIL]
    assert [(w.severity, w.blocks) for w in warnings] == [("warning", False)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: replace(d, address=""), "no known address"),
        (lambda d: replace(d, role="gpu"), "no group for the role"),
        (lambda d: replace(d, installed=None, in_band=None), "no in-band inventory"),
    ],
)
def test_what_is_missing_is_named(
    sample: Sample, settings: Settings, change: Callable[[Dossier], Dossier], says: str
) -> None:
    with pytest.raises(Incomplete, match=says):
        target("kolla").hand_over([change(sample("accepted"))], settings)


def test_every_child_group_exists() -> None:
    groups = own_groups()
    children = {child for found in groups.values() for child in found}
    assert children <= set(groups) | set(HOST_GROUPS) | {"deployment"}


def test_the_groups_of_a_sites_own_multinode_are_taken(sample: Sample, settings: Settings, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    groups = ["[baremetal:children]", *HOST_GROUPS, "", "# new", "[newservice:children]", "control"]
    theirs.write_text("\n".join(["[control]", "example1", "", *groups]))
    target("kolla").hand_over([sample("controller")], replace(settings, kolla_inventory=theirs))
    text = (settings.directory / "kolla" / "multinode").read_text()
    assert "[newservice:children]\ncontrol" in text
    assert "example1" not in text
    assert "nova-api" not in text


def test_a_file_that_is_no_multinode_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello\n[a:children]\nb\n")
    with pytest.raises(HandoverError, match="not a multinode"):
        read_groups(tmp_path / "x")


@pytest.mark.skipif(ANSIBLE is None, reason="ansible-core is not installed")
def test_ansible_itself_reads_it(sample: Sample, settings: Settings) -> None:
    target("kolla").hand_over([sample(n) for n in THREE], settings)
    file = settings.directory / "kolla" / "multinode"
    assert ANSIBLE
    done = subprocess.run([ANSIBLE, "-i", str(file), "--list"], capture_output=True, text=True, check=True)
    read = json.loads(done.stdout)
    assert read["_meta"]["hostvars"]["compute-01"]["network_interface"] == "bond0"
    assert read["nova-api"]["children"] == ["nova"]
    assert "Unable to parse" not in done.stderr


def test_a_thousand_nodes_are_not_parsed_again_for_each_that_comes_and_an_edit_is_seen(
    sample: Sample, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    read = files.read_documents
    monkeypatch.setattr(files, "read_documents", lambda path: [parsed.append(path.name), *read(path)][1:])
    for name in ("accepted", "waived", "controller"):
        target("kolla").hand_over([sample(name)], settings)
    assert sorted(set(parsed)) == sorted(parsed) == ["compute-01.yml", "controller-01.yml", "storage-01.yml"]
    mine = settings.directory / "kolla" / "host_vars" / "storage-01.yml"
    mine.write_text(mine.read_text().replace("role: storage", "role: compute"))
    target("kolla").hand_over([sample("controller")], settings)
    assert members(settings)["compute"] == ["compute-01", "storage-01"]
