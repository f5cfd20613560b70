"""What the BMCs of some makers state of themselves, and how a deed of a quirk's case is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalctl.bmc.errors import BmcError

AMI: dict[str, Any] = {"root": {"Oem": {"Ami": {}}}}
SMC = {"system": {"Manufacturer": "Supermicro", "Model": "SYS-121H"}}
HPE = {"root": {"Vendor": "HPE", "Oem": {"Hpe": {}}}}
DELL = {"system": {"Manufacturer": "Dell Inc.", "Model": "PowerEdge R750"}}
LENOVO = {"system": {"Manufacturer": "Lenovo"}}
OPENBMC = {"manager": {"Model": "OpenBmc"}}


def dell(model: str, firmware: str = "7.0") -> dict[str, Any]:
    return DELL | {"manager": {"Model": model, "FirmwareVersion": firmware}}


def tried(deed: Callable[[], Any]) -> Any:
    """What came of it, or the kind of the error."""
    try:
        return deed()
    except BmcError as failure:
        return type(failure).__name__


PYGHMI = {"device": {"manufacturer_id": 0, "product_id": 0, "device_id": 0, "firmware_version": "1.00"}}
