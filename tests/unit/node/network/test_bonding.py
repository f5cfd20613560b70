"""Making a bond under a running session, on a kernel that behaves as the real one does; and taking it back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.model.inventory import Bond
from metalctl.model.run import BondSpec
from metalctl.node import network
from metalctl.node.errors import NodeError
from metalctl.node.network import networkd
from metalctl.node.network.bonding import Maker, NetworkFailed, differences
from metalctl.node.network.kernel import KernelRefused, Link
from tests.unit.node.network.fake_kernel import ADDRESS, ROUTES, A, B, C, FakeKernel

SPEC = BondSpec("bond0", (A, B), mtu=9000)


@pytest.fixture
def kernel() -> FakeKernel:
    return FakeKernel()


@pytest.fixture
def maker(kernel: FakeKernel, tmp_path: Path) -> Maker:
    told = kernel.log

    def tell(spec: BondSpec, *, lease: bool) -> None:
        told.append(f"tell {spec.name} lease={lease}")

    return Maker(
        kernel, tell, lambda s: told.append(f"forget {s.name}"), tmp_path / "state", deadline=2, sleep=lambda _: None
    )


def state(kernel: FakeKernel) -> object:
    ports = {n: (p.mac, p.mtu, p.master, p.up) for n, p in kernel.ports.items()}
    return ports, {n: list(v) for n, v in kernel.held.items()}, {n: list(v) for n, v in kernel.ways.items()}


def test_the_address_and_its_routes_move_to_the_bond(kernel: FakeKernel, maker: Maker) -> None:
    bond = maker.make(SPEC)
    assert bond.members == (A, B)
    assert kernel.held["bond0"] == [ADDRESS]
    assert kernel.held["eth0"] == []
    assert kernel.ways["bond0"] == list(ROUTES)
    assert bond.mtu == 9000
    assert kernel.ports["eth1"].mtu == 9000


def test_the_bond_has_the_mac_of_the_member_that_carries_the_address(kernel: FakeKernel, maker: Maker) -> None:
    kernel.held["eth1"], kernel.ways["eth1"] = kernel.held["eth0"], kernel.ways["eth0"]
    kernel.held["eth0"], kernel.ways["eth0"] = [], []
    maker.make(SPEC)
    assert kernel.ports["bond0"].mac == B


def test_the_member_with_the_address_goes_last(kernel: FakeKernel, maker: Maker) -> None:
    maker.make(SPEC)
    assert [w for w in kernel.log if w.startswith("enslave")] == ["enslave eth1", "enslave eth0"]


def test_networkd_is_told_before_a_port_is_touched(kernel: FakeKernel, maker: Maker) -> None:
    maker.make(SPEC)
    assert kernel.log[0] == "tell bond0 lease=True"


def test_a_bond_that_stands_is_not_touched(kernel: FakeKernel, maker: Maker) -> None:
    maker.make(SPEC)
    kernel.log.clear()
    assert maker.make(SPEC).name == "bond0"
    assert kernel.log == []


def test_a_bond_that_differs_is_made_anew_and_keeps_the_address(kernel: FakeKernel, maker: Maker) -> None:
    maker.make(SPEC)
    bond = maker.make(replace(SPEC, mtu=1500))
    assert bond.mtu == 1500
    assert kernel.held["bond0"] == [ADDRESS]
    assert kernel.ways["bond0"] == list(ROUTES)


def test_without_a_partner_everything_is_as_before(kernel: FakeKernel, maker: Maker) -> None:
    before = state(kernel)
    kernel.partner = False
    with pytest.raises(NetworkFailed, match="no LACP partner answers"):
        maker.make(SPEC)
    assert state(kernel) == before
    assert kernel.log[-1] != "tell bond0 lease=True"
    assert "forget bond0" in kernel.log
    assert not list(maker.state.glob("*"))


@pytest.mark.parametrize("step", ["add bond0", "mtu bond0", "enslave eth1", "enslave eth0", "drop eth0", "up bond0"])
def test_a_refusal_at_any_step_rolls_back(kernel: FakeKernel, maker: Maker, step: str) -> None:
    before = state(kernel)
    kernel.refuses = step
    with pytest.raises(KernelRefused):
        maker.make(SPEC)
    assert state(kernel) == before


def test_a_maker_that_was_killed_half_way_is_mended_by_the_next(kernel: FakeKernel, maker: Maker) -> None:
    before = state(kernel)
    links = maker._members(SPEC)
    remembered = maker._remember(SPEC, links)
    kernel.refuses = "drop eth0"
    with pytest.raises(KernelRefused):
        maker._assemble(remembered, links)
    kernel.refuses = ""
    assert maker.make(SPEC).members == (A, B)
    assert kernel.held["bond0"] == [ADDRESS]
    assert maker.undo("bond0")
    assert state(kernel) == before


def test_undo_puts_everything_back_and_a_second_one_does_nothing(kernel: FakeKernel, maker: Maker) -> None:
    before = state(kernel)
    maker.make(SPEC)
    assert maker.undo("bond0") is True
    assert state(kernel) == before
    kernel.log.clear()
    assert maker.undo("bond0") is False
    assert kernel.log == []


def test_a_missing_port_is_named_before_anything_changes(kernel: FakeKernel, maker: Maker) -> None:
    with pytest.raises(NetworkFailed, match="no port has the permanent MAC 52:54:00:00:00:99"):
        maker.make(replace(SPEC, members=(A, "52:54:00:00:00:99")))
    assert kernel.log == []


def test_a_member_of_somebody_elses_bond_is_not_taken(kernel: FakeKernel, maker: Maker) -> None:
    kernel.ports["eth1"] = replace(kernel.ports["eth1"], master="br0")
    with pytest.raises(NetworkFailed, match="eth1 is in br0"):
        maker.make(SPEC)
    assert kernel.log == []


def test_a_bond_of_that_name_that_is_not_ours_is_left_alone(kernel: FakeKernel, maker: Maker) -> None:
    kernel.ports["bond0"] = Link("bond0", C, "", 1500, "", True)
    with pytest.raises(NetworkFailed, match="metalctl did not make it"):
        maker.make(SPEC)
    assert kernel.log == []


@pytest.mark.parametrize(
    "spec",
    [replace(SPEC, mode="802.3xy"), replace(SPEC, lacp_rate="often"), replace(SPEC, hash_policy="layer9"),
     replace(SPEC, members=(A, A)), replace(SPEC, members=())],
)  # fmt: skip
def test_a_spec_that_no_kernel_understands_is_refused(kernel: FakeKernel, maker: Maker, spec: BondSpec) -> None:
    with pytest.raises(NodeError):
        maker.make(spec)
    assert kernel.log == []


def test_every_difference_is_said() -> None:
    bond = Bond(
        "bond0",
        "active-backup",
        (A,),
        mtu=1500,
        lacp_rate="slow",
        hash_policy="layer2",
        partner_mac="aa:00:00:00:00:01",
    )
    told = "; ".join(differences(bond, SPEC))
    for word in (
        "mode is active-backup",
        "MTU is 1500",
        "members are",
        "LACP rate is slow",
        "hash policy is layer2",
        "ports",
    ):
        assert word in told


def test_networkd_leaves_the_members_in_the_bond_and_renews_its_lease() -> None:
    files = networkd.files(SPEC, lease=True)
    members = files["00-metalctl-bond0-members.network"]
    assert f"PermanentMACAddress={A} {B}" in members
    assert "KeepMaster=yes" in members
    assert "DHCP=ipv4" in files["00-metalctl-bond0.network"]
    assert "DHCP" not in networkd.files(SPEC, lease=False)["00-metalctl-bond0.network"]


class Unused:
    """In place of netlink where the command must end before it."""

    def __enter__(self) -> FakeKernel:
        return FakeKernel()

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


def test_the_command_says_usage_and_keeps_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(network, "Netlink", Unused)
    result = tmp_path / "result.json"
    spec = tmp_path / "spec.json"
    spec.write_text("{}")
    assert network.main([str(spec), "--result", str(result)]) == 2
    spec.write_text(json.dumps({"bonds": [{"name": "bond0", "members": ["52:54:00:00:00:99"]}]}))
    assert network.main([str(spec), "--result", str(result)]) == 1
    assert "no port has the permanent MAC" in json.loads(result.read_text())["error"]["message"]
    assert "→" in capsys.readouterr().err
