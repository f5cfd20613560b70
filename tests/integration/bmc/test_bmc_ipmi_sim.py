"""Against OpenIPMI's ipmi_sim on loopback: another maker's server, with FRU, sensors, an event log and a clock."""

from __future__ import annotations

import pytest

from metalctl.bmc import Credential, connect, discover
from metalctl.bmc.audit import Act
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Unsupported, WrongPassword
from metalctl.bmc.ipmi.bmc import IpmiBmc
from metalctl.bmc.ipmi.ipmitool import Ipmitool, available
from tests.integration.bmc.conftest import GOOD, open_bmc

# ipmi_sim takes its time for a session, and ipmitool opens one for each request.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _nothing_refused_yet() -> None:
    lockout.forget()


def test_another_maker_s_server_is_spoken_to_as_well(sim: Endpoint) -> None:
    with connect(sim, GOOD) as bmc:
        found = bmc.inventory()
    assert not found.emulated, "it states a maker of its own"
    assert found.firmware[0].version == "9.08"
    with pytest.raises(WrongPassword):
        connect(sim, Credential("admin", "hunter2"))


@pytest.mark.parametrize("through", ["pyghmi", pytest.param("ipmitool", marks=pytest.mark.slow)])
def test_fru_sensors_and_log_are_in_the_inventory_with_their_sources(sim: Endpoint, through: str) -> None:
    with open_bmc(sim, through) as bmc:
        found = bmc.inventory()
    who = found.identity
    assert (who.serial, who.manufacturer, who.product, who.chassis_serial) == (
        "SYS-SN7",
        "Acme Corp",
        "Box 9000",
        "CH-SN7",
    )
    assert [(s.name, s.kind, s.value, s.unit, s.health) for s in found.sensors] == [
        ("CPU1 Temp", "temperature", 42.0, "°C", "ok"),
        ("FAN1", "fan", 6000.0, "rpm", "ok"),
        ("P12V", "voltage", 12.096, "V", "ok"),
    ]
    assert (found.sensors[0].upper_critical, found.sensors[1].lower_critical) == (95.0, 500.0)
    (supply,) = found.power_supplies
    assert (supply.present, supply.health, supply.model, supply.serial) == (True, "ok", "AP-1600", "PSU-SN7")
    assert found.manager
    assert found.manager.clock_offset is not None
    assert found.unreadable == ()
    assert {"identity.serial", "sensors", "power_supplies", "firmware.bmc"} <= found.sources.keys()


@pytest.mark.slow
def test_another_program_reads_the_same_of_the_same_machine(sim: Endpoint) -> None:
    if not available():
        pytest.skip("ipmitool is not installed")
    tool = Ipmitool(sim, sim.address, GOOD, 180)
    with connect(sim, GOOD) as bmc:
        found = bmc.inventory()
    told = tool._run("fru", "print", "0")
    for text in (found.identity.serial, found.identity.product, found.identity.extra["board_serial"]):
        assert text in told
    listed = {line.split("|")[0].strip(): line.split("|") for line in tool._run("sensor", "list").splitlines()}
    for sensor in found.sensors:
        assert sensor.value is not None
        assert float(listed[sensor.name][1]) == pytest.approx(sensor.value, rel=0.001)


def test_the_event_log_is_read_and_cleared_and_the_clock_set(sim: Endpoint) -> None:
    acts: list[Act] = []
    with IpmiBmc(sim, GOOD) as bmc:
        bmc.audit = acts.append
        (first, second) = bmc.inventory().log
        assert (first.severity, first.message) == ("critical", "memory: uncorrectable ECC error, module 1")
        assert second.message.endswith("module 2")
        assert (bmc.clear_log().before, bmc.inventory().log) == (2, ())
        assert not bmc.clear_log().changed
        assert bmc.set_clock().changed
        assert abs(bmc.clock_ahead()) < 5
    assert [(a.action, a.done) for a in acts] == [("log-clear", True), ("log-clear", True), ("clock", True)]


def test_what_a_bmc_cannot_do_is_said(sim: Endpoint) -> None:
    with IpmiBmc(sim, GOOD) as bmc:
        with pytest.raises(Unsupported):
            bmc.locator()
        with pytest.raises(Unsupported):
            bmc.set_locator(True)


def test_the_guid_that_is_told_to_anybody_is_that_of_the_inventory(sim: Endpoint) -> None:
    with connect(sim, GOOD) as bmc:
        uuid = bmc.identity().uuid
    (found,) = discover([str(sim)], timeout=60)
    assert found.uuid == uuid == "674523a1-ab89-efcd-a123-456789abcdef"
