"""Deeds that show a quirk: reading, the boot override, writing. Each gives what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import boot
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import SYSTEM, FakeBmc, Sent, error, refuse
from tests.unit.bmc.quirk_facts import tried

# ---- reading -------------------------------------------------------------------------------------------------------


def is_emulated(q: Quirks) -> Any:
    return q.emulated


def serial_property(q: Quirks) -> Any:
    return q.serial_from


# ---- the boot override ---------------------------------------------------------------------------------------------


def boots_by_future_state(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[f"{SYSTEM}/SD"] = {"Boot": dict(bmc.tree[SYSTEM]["Boot"])}
    bmc.rules.append(refuse("PATCH", SYSTEM, 400, "Ami.1.0.OperationSupportedInFutureStateURI"))
    return tried(lambda: boot.set_override(bmc.wire(q), "pxe", None, False)[1].device)


def mode_sent(q: Quirks) -> Any:
    """The mode reverts to the default when it is not sent."""
    bmc = FakeBmc()

    def reverts(sent: Sent) -> Response | None:
        if sent.method == "PATCH" and "BootSourceOverrideMode" not in sent.body["Boot"]:
            bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideMode"] = "Legacy"
        return None

    bmc.rules.append(reverts)
    return tried(lambda: boot.set_override(bmc.wire(q), "pxe", "uefi", False)[1].mode)


def cd_target(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideTarget@Redfish.AllowableValues"] = ["None", "Cd", "UsbCd"]
    boot.set_override(bmc.wire(q), "cd", None, False)
    return bmc.bodies("PATCH")[0]["Boot"]["BootSourceOverrideTarget"]


def once_asked_as(q: Quirks) -> Any:
    bmc = FakeBmc()
    boot.set_override(bmc.wire(q), "pxe", None, False)
    return bmc.bodies("PATCH")[0]["Boot"]["BootSourceOverrideEnabled"]


def cleared(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"] |= {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Pxe"}
    bmc.rules.append(
        lambda s: error(400) if s.method == "PATCH" and s.body["Boot"]["BootSourceOverrideTarget"] == "None" else None
    )
    return tried(lambda: boot.set_override(bmc.wire(q), "none", None, False)[1].device)


def writes_of_once_on_lasting(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"] |= {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Pxe"}
    boot.set_override(bmc.wire(q), "pxe", None, False)
    return len(bmc.bodies("PATCH"))


# ---- writing -------------------------------------------------------------------------------------------------------


def if_match_without_offer(q: Quirks) -> Any:
    """The BMC offers no ETag, and wants If-Match all the same."""
    bmc = FakeBmc()
    bmc.tag = lambda path: ""  # type: ignore[method-assign]
    bmc.rules.append(
        lambda s: (
            error(428, "Ami.1.0.PreconditionHeaderMissing")
            if s.method == "PATCH" and not s.headers.get("If-Match")
            else None
        )
    )
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def first_if_match(q: Quirks) -> Any:
    bmc = FakeBmc()
    tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}))
    return next(s for s in bmc.sent if s.method == "PATCH").headers["If-Match"].startswith("W/")


def write_after_off(q: Quirks) -> Any:
    """409 for a minute after power off."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(409) if s.method == "PATCH" and s.at < 1060 else None)
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def write_during_post(q: Quirks) -> Any:
    """POST lasts for 100 seconds, and the refusal is final."""
    bmc = FakeBmc()

    def posting(sent: Sent) -> Response | None:
        bmc.tree[SYSTEM]["Oem"] = {"Hpe": {"PostState": "InPost" if sent.at < 1100 else "FinishedPost"}}
        return error(400, "iLO.2.14.Unsupported") if sent.method == "PATCH" and sent.at < 1100 else None

    bmc.rules.append(posting)
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def not_ready(message: str) -> Callable[[Quirks], Any]:
    def deed(q: Quirks) -> Any:
        bmc = FakeBmc()
        bmc.rules.append(refuse("PATCH", SYSTEM, 400, message, times=2))
        return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)

    return deed


def read_with_401s(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.rules.append(refuse("GET", SYSTEM, 401, times=2))
    return tried(lambda: bmc.wire(q).system()["Model"])
