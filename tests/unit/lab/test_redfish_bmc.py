"""What is added to sushy-emulator, through its own application: the supplies and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metalctl.lab.rack import redfish_bmc

CHASSIS = "/redfish/v1/Chassis/15693887-7984-9484-3272-842188918912"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    # Not at the top: it takes half a second, of each process that collects the tests.
    emulator = pytest.importorskip("sushy_tools.emulator.main", reason="sushy-tools is not installed (extra `lab`)")
    app = emulator.app
    app.config.update(
        SUSHY_EMULATOR_FAKE_DRIVER=True,
        SUSHY_EMULATOR_STATE_DIR=str(tmp_path_factory.mktemp("emulator")),
    )
    redfish_bmc.fit(app)
    return app


@pytest.fixture
def app(fitted: Any) -> Any:
    fitted.config.update(METALCTL_SUPPLIES=2, METALCTL_CLOCK_SKEW=0)
    return fitted


def get(app: Any, path: str) -> Any:
    response = app.test_client().get(path)
    assert response.status_code == 200, response.get_data()
    return response.get_json()


def test_the_chassis_links_its_power_and_keeps_the_rest(app: Any) -> None:
    chassis = get(app, CHASSIS)
    assert chassis["Power"] == {"@odata.id": f"{CHASSIS}/Power"}
    assert chassis["Thermal"] == {"@odata.id": f"{CHASSIS}/Thermal"}
    assert chassis["Links"]["ComputerSystems"]


def states(app: Any) -> list[tuple[str, str, str | None]]:
    return [
        (s["Name"], s["Status"]["State"], s["Status"]["Health"]) for s in get(app, f"{CHASSIS}/Power")["PowerSupplies"]
    ]


def test_two_supplies_are_in_order_and_one_that_is_missing_leaves_its_bay(app: Any) -> None:
    assert states(app) == [("PSU 1", "Enabled", "OK"), ("PSU 2", "Enabled", "OK")]
    app.config["METALCTL_SUPPLIES"] = 1
    assert states(app) == [("PSU 1", "Enabled", "OK"), ("PSU 2", "Absent", None)]


def test_a_chassis_that_there_is_not_has_no_power(app: Any) -> None:
    alone = app.test_client().get("/redfish/v1/Chassis/none").status_code
    assert app.test_client().get("/redfish/v1/Chassis/none/Power").status_code == alone >= 400


@pytest.mark.parametrize("skew", [0, -7200])
def test_the_clock_is_off_by_as_much_as_declared(skew: int, app: Any) -> None:
    app.config["METALCTL_CLOCK_SKEW"] = skew
    (member,) = get(app, "/redfish/v1/Managers")["Members"]
    manager = get(app, member["@odata.id"])
    off = datetime.fromisoformat(manager["DateTime"]) - datetime.now(UTC)
    assert abs(off - timedelta(seconds=skew)) < timedelta(seconds=60)
    assert manager["FirmwareVersion"] == "1.00"
