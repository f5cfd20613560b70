"""What a BMC demands besides: of InsertMedia, and of an account whose password must be changed first."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, Unsupported
from metalctl.bmc.redfish.act import media
from metalctl.bmc.redfish.client.http import Response
from metalctl.bmc.redfish.rotation import rotate
from tests.unit.bmc.fake_bmc import ADMIN, ROOT, USERS, FakeBmc, Rule, Sent, error, reply
from tests.unit.bmc.fake_tree import MEDIA
from tests.unit.bmc.running_fleet import running, url

demanded = pytest.mark.truth("A11", "what a BMC demands of InsertMedia is added and asked again")
account = pytest.mark.truth("A11", "an account link that is a full URL is held to this BMC, and used")
ISO = "https://10.0.0.1/images/a.iso"
WHOLE = {"TransferProtocolType": "HTTPS", "TransferMethod": "Stream", "UserName": "", "Password": ""}
INSERT = "#VirtualMedia.InsertMedia"


def demanding(*names: str, related: bool = False, message: str = "Base.1.12.ActionParameterMissing") -> Rule:
    """InsertMedia is refused as long as one of these is missing; it is named, or only related."""

    def rule(sent: Sent) -> Response | None:
        missing = next((n for n in names if n not in (sent.body or {})), "")
        if not missing or not sent.path.endswith("InsertMedia"):
            return None
        if not related:
            return error(400, message, "VirtualMedia.InsertMedia", missing)
        row = {"MessageId": message, "Message": "A parameter is missing.", "RelatedProperties": [f"#/{missing}"]}
        return reply(400, {}, {"error": {"@Message.ExtendedInfo": [row]}})

    return rule


@demanded
@pytest.mark.parametrize("related", [False, True], ids=["named in the message", "named beside it"])
@pytest.mark.parametrize("message", ["Base.1.12.ActionParameterMissing", "Base.1.12.PropertyMissing", "Oem.1.0.Bad"])
def test_what_insert_media_demands_is_added(related: bool, message: str) -> None:
    bmc = FakeBmc()
    bmc.rules.append(demanding(*WHOLE, related=related, message=message))
    assert media.insert(bmc.wire(), ISO, "cd")[1].image == ISO
    assert bmc.bodies("POST")[-1] == {"Image": ISO, "Inserted": True, "WriteProtected": True, **WHOLE}
    assert len(bmc.bodies("POST")) == 5


@demanded
def test_one_that_is_rejected_is_left_out_and_another_added() -> None:
    bmc = FakeBmc()
    bmc.rules += [
        lambda s: error(400, "Base.1.8.ActionParameterUnknown", "Inserted") if "Inserted" in (s.body or {}) else None,
        demanding("TransferProtocolType"),
    ]
    assert media.insert(bmc.wire(), ISO, "cd")[1].inserted
    assert bmc.bodies("POST")[-1] == {"Image": ISO, "WriteProtected": True, "TransferProtocolType": "HTTPS"}


@demanded
def test_what_the_action_info_calls_required_is_sent_at_once_and_spelt_as_it_says() -> None:
    bmc = FakeBmc()
    parameters: list[dict[str, Any]] = [
        {"Name": "Image", "Required": True},
        {"Name": "TransferProtocolType", "Required": True, "AllowableValues": ["CIFS", "Https"]},
        {"Name": "TransferMethod", "Required": False, "AllowableValues": ["Upload"]},
    ]
    for name in "AB":
        bmc.tree[f"{MEDIA}/{name}"]["Actions"][INSERT]["@Redfish.ActionInfo"] = "/redfish/v1/info"
    bmc.tree["/redfish/v1/info"] = {"Parameters": parameters}
    assert media.insert(bmc.wire(), ISO, "cd")[1].inserted
    assert bmc.bodies("POST") == [
        {"Image": ISO, "Inserted": True, "WriteProtected": True, "TransferProtocolType": "Https"}
    ]


@demanded
def test_the_only_value_that_the_action_allows_is_taken() -> None:
    bmc = FakeBmc()
    for name in "AB":
        bmc.tree[f"{MEDIA}/{name}"]["Actions"][INSERT]["TransferMethod@Redfish.AllowableValues"] = ["Upload"]
    bmc.rules.append(demanding("TransferMethod"))
    media.insert(bmc.wire(), ISO, "cd")
    assert bmc.bodies("POST")[-1]["TransferMethod"] == "Upload"


def test_a_bmc_that_rejects_what_it_demanded_is_not_asked_for_ever() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(400, "X.1.0.Odd", "TransferMethod") if s.method == "POST" else None)
    with pytest.raises(Unsupported):
        media.insert(bmc.wire(), ISO, "cd")
    assert len(bmc.bodies("POST")) == 2


def test_a_demand_to_change_the_password_is_no_demand_of_the_media() -> None:
    bmc = FakeBmc()
    bmc.rules.append(
        lambda s: error(403, "Base.1.8.PasswordChangeRequired", "Password") if s.method == "POST" else None
    )
    with pytest.raises(Unsupported, match="password changed"):
        media.insert(bmc.wire(), ISO, "cd")
    assert len(bmc.bodies("POST")) == 1


def test_a_simulated_bmc_with_demands_is_served_over_tls() -> None:
    with (
        running(faults=("media-demands=1",)) as fleet,
        connect(parse_endpoint(url(fleet)), Credential("admin", "password")) as bmc,
    ):
        assert bmc.insert_media(ISO).after == ISO  # type: ignore[attr-defined]


NEW = Credential("admin", "another-1")


def first_changing(bmc: FakeBmc, account: str) -> None:
    """The factory's account may do nothing but change its password, at the address that the BMC names."""

    def must(sent: Sent) -> Response | None:
        if bmc.passwords["admin"] == ADMIN.password and sent.method == "GET" and sent.path != ROOT:
            return error(403, "Base.1.10.PasswordChangeRequired", account)
        return None

    bmc.rules.append(must)


@account
@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [(Endpoint("192.0.2.1"), "https://192.0.2.1"), (Endpoint("192.0.2.1"), "https://192.0.2.1:443"),
     (Endpoint("bmc7.example", port=8443), "https://BMC7.example:8443"), (Endpoint("2001:db8::7"), "https://[2001:db8::7]"),
     (Endpoint("192.0.2.1"), "")],
)  # fmt: skip
def test_an_account_that_is_named_by_a_full_url_can_change_its_password(endpoint: Endpoint, origin: str) -> None:
    bmc = FakeBmc()
    first_changing(bmc, f"{origin}{USERS}/1")
    rotate(bmc.users(endpoint=endpoint), ADMIN, NEW)
    assert bmc.passwords["admin"] == NEW.password


@pytest.mark.parametrize(
    "account",
    ["https://192.0.2.9/redfish/v1/AccountService/Accounts/1", "http://192.0.2.1/redfish/v1/AccountService/Accounts/1",
     "https://192.0.2.1:8443/redfish/v1/AccountService/Accounts/1", "https://192.0.2.1@evil.example/redfish/v1/x",
     "https://192.0.2.1:99999/x", "//evil.example/redfish/v1/x"],
)  # fmt: skip
def test_an_account_on_another_host_is_sent_nothing(account: str) -> None:
    bmc = FakeBmc()
    first_changing(bmc, account)
    with pytest.raises(BadAnswer, match="not on it"):
        rotate(bmc.users(), ADMIN, NEW)
    assert not any(NEW.password in str(one.body) for one in bmc.sent)
