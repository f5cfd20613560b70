"""Runs one sushy-emulator with what it has no words for: `python -m metalctl.lab.rack.redfish_bmc --config CONFIG`.

A server's BMC states its power supplies, and its clock may be wrong. CONFIG is the emulator's own configuration file
with METALCTL_SUPPLIES (how many are fitted of two bays) and METALCTL_CLOCK_SKEW (seconds that the clock is ahead).
Everything else is the emulator's own.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask, Response

_BAYS = 2


def fit(app: Flask) -> None:
    """Adds the supplies to every chassis, and the skew to every manager's clock."""

    def power(identity: str) -> dict[str, Any]:
        app.chassis.uuid(identity)  # type: ignore[attr-defined]  # refuses a chassis that there is not
        return supplies(identity, app.config["METALCTL_SUPPLIES"])

    def complete(response: Response) -> Response:
        import flask

        name = flask.request.endpoint
        if flask.request.method != "GET" or response.status_code != 200:
            return response
        if name == "chassis_resource":
            _change(response, Power={"@odata.id": f"{flask.request.path.rstrip('/')}/Power"})
        elif name == "manager_resource":
            _change(response, DateTime=clock(app.config["METALCTL_CLOCK_SKEW"]), DateTimeLocalOffset="+00:00")
        return response

    app.add_url_rule("/redfish/v1/Chassis/<identity>/Power", "power_resource", power)
    app.after_request(complete)


def _change(response: Response, **values: Any) -> None:
    response.set_data(json.dumps({**json.loads(response.get_data()), **values}))


def clock(skew: float) -> str:
    """The time that the BMC believes it is. skew: seconds ahead of ours."""
    return (datetime.now(UTC) + timedelta(seconds=skew)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def supplies(chassis: str, fitted: int) -> dict[str, Any]:
    """The Power resource (DSP8010 Power.v1_5_0), of two bays; a bay without a supply says so."""
    here = f"/redfish/v1/Chassis/{chassis}/Power"
    bays = [_supply(here, bay, bay < fitted) for bay in range(_BAYS)]
    return {
        "@odata.type": "#Power.v1_5_0.Power",
        "@odata.id": here,
        "Id": "Power",
        "Name": "Power",
        "PowerSupplies": bays,
        "PowerSupplies@odata.count": len(bays),
    }


def _supply(power: str, bay: int, fitted: bool) -> dict[str, Any]:
    entry = {"@odata.id": f"{power}#/PowerSupplies/{bay}", "MemberId": str(bay), "Name": f"PSU {bay + 1}"}
    if not fitted:
        return {**entry, "Status": {"State": "Absent", "Health": None}}
    stated = {"Manufacturer": "metalctl", "Model": "Emulated PSU", "SerialNumber": f"PSU{_mark(power)}{bay}"}
    return {**entry, **stated, "PowerCapacityWatts": 800, "Status": {"State": "Enabled", "Health": "OK"}}


def _mark(power: str) -> str:
    """Six characters that tell one chassis' supplies from another's."""
    return power.split("/")[-2][-6:].upper()


def main() -> None:
    from sushy_tools.emulator import main as emulator  # type: ignore[import-untyped]

    fit(emulator.app)
    emulator.main()


if __name__ == "__main__":
    main()
