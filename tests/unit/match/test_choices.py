"""Which disk serves which role, which port which bond."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import bonds, disk_roles
from metalctl.model.profile import BondRequirement, DiskRequirement, Install, Profile, Range, Requires

sys.path.insert(0, str(Path(__file__).parent))
from machines import changed, nics

Make = Callable[..., Profile]


def roles(inventory: Inventory, profile: Profile) -> dict[str, list[str]]:
    return {role: [d.serial for d in chosen] for role, chosen in disk_roles(inventory, profile).items()}


def machine(*disks: Disk) -> Inventory:
    return Inventory("in-band", Identity(), disks=disks)


def asking(*needs: DiskRequirement, root: str = "os") -> Profile:
    return Profile("p", "compute", requires=Requires(disks=needs), install=Install(root_disk=root))


ONE = Range(1, None)


def test_each_role_gets_its_kind(profile: Make) -> None:
    found = roles(changed("storage", {}), profile("storage", {}))
    assert found["os"] == ["SSD00"]
    assert sorted(found["osd"]) == [f"HDD{n:02}" for n in range(12)]
    assert sorted(found["wal"]) == ["NVME00", "NVME01"]


def test_kernel_names_and_their_order_change_nothing(profile: Make) -> None:
    inventory, wanted = changed("storage", {}), profile("storage", {})
    shuffled = [replace(d, name=f"sd{n}") for n, d in enumerate(inventory.disks)]
    random.Random(7).shuffle(shuffled)
    assert roles(replace(inventory, disks=tuple(shuffled)), wanted) == roles(inventory, wanted)


def test_the_root_disk_is_the_smallest_that_fits_and_only_one() -> None:
    disks = machine(
        Disk("a", "ssd", 900, serial="BIG"), Disk("b", "ssd", 100, serial="SMALL"), Disk("c", "ssd", 50, serial="XS")
    )
    assert roles(disks, asking(DiskRequirement("os", ("ssd",), ONE, Range(80, None)))) == {"os": ["SMALL"]}


def test_the_kind_written_first_is_preferred() -> None:
    disks = machine(Disk("a", "ssd", 100, serial="SSD"), Disk("b", "nvme", 900, serial="NVME"))
    assert roles(disks, asking(DiskRequirement("os", ("nvme", "ssd"), ONE))) == {"os": ["NVME"]}


def test_the_root_disk_gives_way_where_another_role_would_be_short() -> None:
    disks = machine(Disk("a", "ssd", 100, serial="SSD"), Disk("b", "nvme", 900, serial="NVME"))
    needs = DiskRequirement("os", ("ssd", "nvme"), ONE), DiskRequirement("db", ("ssd",), ONE)
    assert roles(disks, asking(*needs)) == {"os": ["NVME"], "db": ["SSD"]}


def test_what_is_left_over_goes_to_a_role_that_takes_more_but_never_to_the_root() -> None:
    disks = machine(*(Disk(f"d{n}", "ssd", 100, serial=f"S{n}") for n in range(4)))
    needs = DiskRequirement("os", ("ssd",), ONE), DiskRequirement("db", ("ssd",), Range(1, 2))
    assert roles(disks, asking(*needs)) == {"os": ["S0"], "db": ["S1", "S2"]}


DISKS = st.builds(
    Disk,
    name=st.just("sda"),
    kind=st.sampled_from(["ssd", "hdd", "nvme", "unknown"]),
    size=st.one_of(st.none(), st.integers(0, 5)),
    serial=st.sampled_from(["", *"abcdefghij"]),
    removable=st.booleans(),
)
NEEDS = st.builds(
    DiskRequirement,
    role=st.sampled_from(["os", "data", "wal", "db"]),
    kind=st.lists(st.sampled_from(["ssd", "hdd", "nvme"]), min_size=1, unique=True).map(tuple),
    count=st.builds(Range, st.integers(0, 4), st.one_of(st.none(), st.integers(4, 5))),
    size=st.one_of(st.none(), st.builds(Range, st.integers(0, 3))),
)


@given(st.lists(DISKS, max_size=12), st.lists(NEEDS, unique_by=lambda n: n.role, max_size=4))
def test_no_disk_serves_two_roles_and_each_fits_its_own(disks: list[Disk], needs: list[DiskRequirement]) -> None:
    inventory = machine(*disks)
    found = disk_roles(inventory, asking(*needs))
    serials = [d.serial for chosen in found.values() for d in chosen]
    assert len(serials) == len(set(serials))
    for need in needs:
        for disk in found[need.role]:
            assert disk.kind in need.kind
            assert disk.serial
            assert not disk.removable
            assert disk.size
            assert need.size is None or need.size.holds(disk.size)
        assert need.count.high is None or len(found[need.role]) <= need.count.high


def spec(*ports: Any, **wanted: Any) -> list[tuple[str, ...]]:
    need = BondRequirement("bond0", 2, **wanted)
    profile = Profile("p", "compute", requires=Requires(bonds=(need,)))
    return [b.members for b in bonds(Inventory("in-band", Identity(), nics=tuple(ports)), profile)]


def test_a_bond_takes_the_fastest_ports_that_have_a_link() -> None:
    slow, fast = nics(2, 1), tuple(replace(n, mac="aa" + n.mac[2:]) for n in nics(2, 25))
    assert spec(*slow, *fast) == [tuple(n.mac for n in fast)]
    assert spec(*slow, replace(fast[0], link=False), fast[1]) == [tuple(n.mac for n in slow)]


def test_a_bond_prefers_ports_of_one_switch() -> None:
    a, b, c = nics(3, 25)
    assert a.neighbour
    other = replace(b, neighbour=replace(a.neighbour, switch="tor2"))
    assert spec(a, other, c) == [(a.mac, c.mac)]


def test_a_bond_without_enough_ports_is_left_out() -> None:
    assert spec(nics(1, 25)[0]) == []


def test_the_faster_bond_chooses_first(profile: Make) -> None:
    both = [{"name": "mgmt", "members": 2}, {"name": "data", "members": 2, "speed": ">= 25 Gb/s"}]
    ports = nics(2, 25) + tuple(replace(n, mac="aa" + n.mac[2:]) for n in nics(2, 10))
    inventory = replace(changed("compute", {}), nics=ports)
    found = {b.name: b.members for b in bonds(inventory, profile("compute", {"network": {"bonds": both}}))}
    assert found["data"] == tuple(n.mac for n in ports[:2])
    assert found["mgmt"] == tuple(n.mac for n in ports[2:])
