"""What a refused login says: a credential that was refused is not sent in a second way, whatever the status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.credentials import lockout
from metalctl.bmc.errors import Unreachable, Unsupported, WrongPassword
from metalctl.bmc.redfish import raw
from metalctl.bmc.redfish.client import refusals
from metalctl.lab.fleet.replay import Fault, Replay
from tests.unit.bmc.fake_bmc import ADMIN, FakeBmc, refuse
from tests.unit.bmc.fake_bmc import ROOT as FAKE_ROOT

ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"
GOOD = Credential("admin", "s3cret")
LOGIN_FAILED = "Base.0.10.UnauthorizedLoginAttempt"


def said(message: str) -> str:
    return json.dumps({"error": {"code": "x.ExtendedInfo", "@Message.ExtendedInfo": [{"MessageId": message}]}})


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    lockout.forget()
    yield
    lockout.forget()


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    tree[ROOT]["Links"] = {"Sessions": {"@odata.id": SESSIONS}}
    with Replay(tree, "admin", "s3cret") as server:
        yield server


def power_or_systems(replay: Replay, way: str, credential: Credential) -> object:
    """Something that is only told to who is logged in."""
    if way == "raw":
        return raw.get(parse_endpoint(replay.url), credential, f"{ROOT}/Systems")["Members"]
    with connect(parse_endpoint(replay.url), credential, timeout=60) as bmc:
        return bmc.power()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["reader", "raw"])
def test_a_login_that_fails_with_400_is_not_tried_again_as_basic(replay: Replay, way: str) -> None:
    replay.faults[SESSIONS] = Fault(400, said(LOGIN_FAILED), kind="application/json")
    for _ in range(2):
        with pytest.raises(WrongPassword):
            power_or_systems(replay, way, Credential("admin", "hunter2"))
    assert (replay.requests["POST", SESSIONS], replay.basics) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["reader", "raw"])
def test_a_400_for_want_of_a_free_session_leads_to_basic(replay: Replay, way: str) -> None:
    replay.faults[SESSIONS] = Fault(400, said("Base.1.0.SessionLimitExceeded"), kind="application/json")
    assert power_or_systems(replay, way, GOOD)
    assert replay.basics > 0


@pytest.mark.slow
def test_a_403_to_the_first_thing_asked_is_a_refusal_of_the_credential_too(replay: Replay) -> None:
    replay.tree[ROOT]["Links"] = {}
    replay.faults[f"{ROOT}/Systems"] = Fault(403)
    for _ in range(2):
        with pytest.raises(WrongPassword):
            connect(parse_endpoint(replay.url), GOOD, timeout=60)
    assert replay.requests["GET", f"{ROOT}/Systems"] == 1


@pytest.mark.slow
def test_a_login_that_breaks_off_is_not_repeated_by_itself(replay: Replay) -> None:
    replay.tree[ROOT]["Links"] = {}
    replay.faults[f"{ROOT}/Systems"] = Fault(drop=True)
    with pytest.raises(Unreachable):
        connect(parse_endpoint(replay.url), GOOD, timeout=60)
    # aiohttp cannot tell a kept connection that the BMC had closed before from one that it closes now: it asks anew.
    assert replay.requests["GET", f"{ROOT}/Systems"] <= 2


def test_who_rotates_does_not_try_a_second_way_either() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("POST", f"{FAKE_ROOT}/Sessions", 400, LOGIN_FAILED))
    users = bmc.users()
    for _ in range(2):
        with pytest.raises(WrongPassword):
            users.enter(ADMIN)
    assert len(bmc.sent) == 1


@pytest.mark.slow
@pytest.mark.parametrize("session", [True, False])
def test_a_factory_password_that_must_be_changed_is_no_wrong_one_and_the_way_out_is_told(
    replay: Replay, session: bool
) -> None:
    if not session:
        replay.tree[ROOT]["Links"] = {}
    replay.faults[f"{ROOT}/Systems"] = Fault(
        403, said("Base.1.11.PasswordChangeRequired"), kind="application/json", times=1
    )
    with pytest.raises(Unsupported, match="wants its password changed") as caught:
        connect(parse_endpoint(replay.url), GOOD, timeout=60)
    assert "metalctl bmc rotate" in caught.value.hint
    assert replay.sessions == {}
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        assert bmc.power() == "off", "it does not count as refused"


@pytest.mark.parametrize(
    ("body", "found"),
    [(b"", ()), (b"[", ()), (b"[]", ()), (b'{"error": []}', ()), (b'{"error": {"code": 1}}', ()),
     (b'{"error": {"code": "a", "@Message.ExtendedInfo": {"MessageId": "b"}}}', ("a", "b")),
     (b'{"error": {"@Message.ExtendedInfo": [1, {}, {"MessageId": "b"}]}}', ("b",))],
)  # fmt: skip
def test_the_messages_of_a_refusal_are_read_whatever_it_is(body: bytes, found: tuple[str, ...]) -> None:
    assert refusals.said(body).ids == found


@pytest.mark.parametrize(
    ("message", "about"),
    [("Base.0.10.UnauthorizedLoginAttempt", True), ("Base.1.0.ResourceAtUriUnauthorized", True),
     ("Base.1.8.AccessDenied", True), ("iLO.2.14.InvalidLogin", True), ("X.1.AuthenticationFailed", True),
     ("Base.1.0.SessionLimitExceeded", False), ("Base.1.0.CreateLimitReachedForResource", False),
     ("Base.1.0.PropertyMissing", False), ("Base.1.0.ActionNotSupported", False)],
)  # fmt: skip
def test_what_is_said_of_a_credential_is_told_from_what_is_not(message: str, about: bool) -> None:
    assert refusals.is_about_login([message]) is about


@pytest.mark.slow
def test_a_replay_without_a_credential_lets_anybody_in(tree: dict[str, Any]) -> None:
    tree[ROOT]["Links"] = {"Sessions": {"@odata.id": SESSIONS}}
    with Replay(tree) as served:
        with connect(parse_endpoint(served.url), Credential("who", "ever"), timeout=60) as bmc:
            assert bmc.power() == "off"
        assert (served.opened, served.sessions) == (1, {})
