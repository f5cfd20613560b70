"""Our own sweep over a fleet in which half of the BMCs are broken: each fault costs what it breaks, and nobody else."""

from __future__ import annotations

import asyncio

import pytest

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.redfish.sweep.sweeping import Swept, sweep
from metalctl.lab.fleet import Fleet, FleetSettings, load_tree, parse_fault

# What cannot be read of a BMC with the fault; findings: whether it is refused for something.
COSTS = {
    "busy-409": (set(), False),
    "clock-skew": (set(), False),
    "dropped-connection": (set(), False),
    "endless-stream": ({"firmware"}, True),
    "expand-lies": (set(), False),
    "garbage-json": ({"memory.dimms"}, False),
    "member-404": ({"memory.dimms"}, False),
    "member-404:/EthernetInterfaces": ({"nics"}, False),
    "member-error-200": ({"cpu"}, False),
    "nextlink-cycle": ({"memory.dimms"}, True),
    "redirect-off-host": ({"nics", "pcie", "power_supplies", "sensors"}, True),
    "slow:0.2": (set(), False),
    "subtree-500": ({"disks", "controllers", "volumes"}, False),
    "unauthorized-once": (set(), False),
    "wrong-content-type": ({"cpu"}, False),
}


async def swept(fault: str) -> tuple[list[Swept], list[Swept], int]:
    """Rows of the well BMCs, of the broken ones, and the sessions that were left open on the well ones."""
    settings = FleetSettings(count=4, base="127.78.20.1", tls=True, faults=(parse_fault(f"{fault}=0.5"),))
    fleet = Fleet(load_tree("storage"), settings)
    await fleet.start()
    try:
        broken = {bmc.address for bmc in fleet.bmcs if bmc.faults}
        endpoints = [parse_endpoint(f"https://{bmc.address}:{fleet.port}") for bmc in fleet.bmcs]
        rows = [row async for row in sweep(endpoints, Credential("admin", "password"), deadline=240, timeout=240)]
        left = sum(len(bmc.auth.sessions) for bmc in fleet.bmcs if not bmc.faults)
    finally:
        await fleet.close()
    well = [row for row in rows if row.endpoint.address not in broken]
    return well, [row for row in rows if row.endpoint.address in broken], left


@pytest.mark.parametrize("fault", COSTS)
def test_a_fault_costs_what_it_breaks_and_the_other_bmcs_nothing(fault):
    well, broken, left = asyncio.run(swept(fault))
    assert (len(well), len(broken), left) == (2, 2, 0)
    for row in well:
        assert row.error is None
        assert row.findings == ()
        assert row.inventory.unreadable == ()
        assert (len(row.inventory.disks), len(row.inventory.memory.dimms)) == (16, 32)
    facts, refused = COSTS[fault]
    for row in broken:
        assert row.error is None
        assert {one.fact for one in row.inventory.unreadable} == facts
        assert bool(row.findings) is refused
        assert all(one.reason for one in row.inventory.unreadable)


def test_a_fleet_of_one_capture_is_many_machines():
    async def run() -> list[Swept]:
        fleet = Fleet(load_tree("storage"), FleetSettings(count=5, base="127.78.21.1", tls=True))
        await fleet.start()
        try:
            endpoints = [parse_endpoint(f"https://{bmc.address}:{fleet.port}") for bmc in fleet.bmcs]
            return [row async for row in sweep(endpoints, Credential("admin", "password"))]
        finally:
            await fleet.close()

    found = [row.inventory for row in asyncio.run(run())]
    assert len({one.identity.serial for one in found}) == 5
    disks = [disk.serial for one in found for disk in one.disks]
    macs = [nic.mac for one in found for nic in one.nics]
    assert (len(disks), len(set(disks))) == (80, 80)
    assert len(macs) == len(set(macs)) >= 20
