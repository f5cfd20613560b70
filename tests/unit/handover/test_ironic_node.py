"""A dossier in Ironic's words. The API itself is met in tests/integration/test_ironic.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.handover import Settings, ironic_node, target
from metalctl.handover.errors import Incomplete
from metalctl.model.dossier import Dossier
from metalctl.model.verdict import Verdict

Sample = Callable[[str], Dossier]
SETTINGS = Settings(Path("/nowhere"))


def test_sizes_root_disk_and_capabilities(sample: Sample) -> None:
    node = ironic_node.node(sample("accepted"), SETTINGS)
    assert node["properties"] == {
        "cpus": 128,
        "cpu_arch": "x86_64",
        "memory_mb": 512 * 1024,
        "local_gb": 446,
        "root_device": {"serial": "BTYF1001"},
        "capabilities": "boot_mode:uefi,cpu_vt:true,iommu:true",
    }
    assert (node["resource_class"], node["driver"]) == ("baremetal-compute", "redfish")


@pytest.mark.parametrize(
    ("address", "protocol", "expected"),
    [
        ("https://10.0.0.5", "redfish", {"redfish_address": "https://10.0.0.5"}),
        (
            "https://10.0.0.5:8443?system=abc",
            "redfish",
            {"redfish_address": "https://10.0.0.5:8443", "redfish_system_id": "/redfish/v1/Systems/abc"},
        ),
        ("10.0.0.5", "redfish", {"redfish_address": "https://10.0.0.5"}),
        ("redfish://bmc7", "redfish", {"redfish_address": "https://bmc7"}),
        ("https://[fe80::1]:8443", "redfish", {"redfish_address": "https://[fe80::1]:8443"}),
        ("ipmi://10.0.0.5:6230", "ipmi", {"ipmi_address": "10.0.0.5", "ipmi_port": 6230}),
    ],
)
def test_how_ironic_reaches_the_bmc(sample: Sample, address: str, protocol: str, expected: dict[str, object]) -> None:
    dossier = replace(sample("accepted"), bmc_address=address, bmc_protocol=protocol)
    found = ironic_node.driver_info(dossier, SETTINGS)
    assert {k: v for k, v in found.items() if k != "redfish_verify_ca"} == expected
    assert found.get("redfish_verify_ca", True) is True


def test_the_secret_half_has_the_drivers_names(sample: Sample) -> None:
    ipmi = replace(sample("accepted"), bmc_protocol="ipmi")
    assert ironic_node.credential_fields(ipmi, "u", "p") == {"ipmi_username": "u", "ipmi_password": "p"}


def test_ports_carry_the_cabling_that_lldp_told_even_when_only_the_ramdisk_heard_it(sample: Sample) -> None:
    dossier = sample("accepted")
    assert dossier.installed
    deaf = replace(dossier.installed, nics=tuple(replace(n, neighbour=None) for n in dossier.installed.nics))
    ports = ironic_node.ports(replace(dossier, installed=deaf))
    assert ports["52:54:00:01:00:01"]["local_link_connection"] == {
        "switch_id": "00:1c:73:aa:01:01",
        "port_id": "Ethernet1",
        "switch_info": "tor-a2",
    }


def test_a_port_of_which_lldp_told_nothing_is_named_and_gets_no_link(sample: Sample) -> None:
    dossier = sample("accepted")
    assert dossier.in_band
    deaf = replace(dossier.in_band, nics=tuple(replace(n, neighbour=None) for n in dossier.in_band.nics))
    dossier = replace(dossier, in_band=deaf, installed=None)
    assert all(p["local_link_connection"] == {} for p in ironic_node.ports(dossier).values())
    assert len(ironic_node.uncabled(dossier)) == 3


def test_a_port_without_a_link_does_not_boot(sample: Sample) -> None:
    dossier = sample("accepted")
    assert dossier.installed
    nics = (replace(dossier.installed.nics[0], link=False), *dossier.installed.nics[1:])
    ports = ironic_node.ports(replace(dossier, installed=replace(dossier.installed, nics=nics)))
    assert [p["pxe_enabled"] for p in ports.values()] == [False, True, True]


def test_traits_say_virtualization_disks_role_and_emulation(sample: Sample) -> None:
    assert ironic_node.traits(replace(sample("waived"), emulated=True)) == [
        "CUSTOM_METALCTL_DISK_NVME",
        "CUSTOM_METALCTL_EMULATED",
        "CUSTOM_METALCTL_ROLE_STORAGE",
        "HW_CPU_X86_VMX",
        "STORAGE_DISK_HDD",
        "STORAGE_DISK_SSD",
    ]


def test_only_our_own_old_traits_are_stale() -> None:
    wanted = ["CUSTOM_METALCTL_ROLE_COMPUTE"]
    given = [*wanted, "CUSTOM_METALCTL_ROLE_STORAGE", "CUSTOM_THEIRS", "HW_CPU_X86_VMX"]
    assert [t for t in given if ironic_node.stale(t, wanted)] == ["CUSTOM_METALCTL_ROLE_STORAGE"]


def test_a_root_disk_that_is_not_known_by_serial_is_not_guessed(sample: Sample) -> None:
    with pytest.raises(Incomplete, match="root disk"):
        ironic_node.node(replace(sample("accepted"), installation=None, disk_roles={}), SETTINGS)


@pytest.mark.truth("D5", "a resource class that Ironic refuses is not sent")
def test_a_profile_whose_name_is_too_long_for_a_resource_class_is_told(sample: Sample) -> None:
    assert len(ironic_node.resource_class(replace(sample("accepted"), profile="p" * 70))) == 80
    with pytest.raises(Incomplete, match="resource class of 81 characters, Ironic takes 80"):
        ironic_node.resource_class(replace(sample("accepted"), profile="p" * 71))


def test_a_profile_of_the_lab_makes_a_good_resource_class(sample: Sample) -> None:
    assert ironic_node.resource_class(replace(sample("accepted"), profile="lab/Compute_x")) == "baremetal-lab-compute-x"


def test_the_preview_shows_where_the_password_is_and_not_the_password(sample: Sample) -> None:
    text = target("ironic").preview([sample("accepted")], SETTINGS)
    assert "from file:compute-01" in text
    assert "********" in text


def test_nothing_is_called_pass_before_it_was_read(sample: Sample) -> None:
    from metalctl.handover.compare import compare

    [missing] = compare("x", sample("accepted"), {"a": None}, {}, "src", "do")
    assert (missing.verdict, missing.got, missing.remedy) == (Verdict.FAIL, "nothing", "do")
