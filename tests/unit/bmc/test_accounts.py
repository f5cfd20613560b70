"""From the factory's credential to the site's: proven before the old is given up, put back when it does not work."""

from __future__ import annotations

import pytest

from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential
from metalctl.bmc.errors import BmcError, NotApplied, Unsupported, WrongPassword
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act.users import RedfishUsers
from metalctl.bmc.redfish.client.http import Response
from metalctl.bmc.redfish.rotation import rotate
from tests.unit.bmc.fake_bmc import ADMIN, ROOT, USERS, FakeBmc, Sent, error, refuse, reply

SITE = Credential("metalctl", "site-pass-1")
SAME = Credential("admin", "site-pass-1")


def users(bmc: FakeBmc, quirks: Quirks | None = None) -> RedfishUsers:
    return bmc.users(quirks)


def logins(bmc: FakeBmc) -> int:
    return sum((s.method, s.path) == ("POST", f"{ROOT}/Sessions") for s in bmc.sent)


def test_a_new_account_is_made_proven_and_the_factorys_shut() -> None:
    bmc = FakeBmc()
    change = rotate(users(bmc), ADMIN, SITE)
    assert (change.before, change.after) == ("user admin (factory)", "user metalctl")
    assert bmc.passwords["metalctl"] == SITE.password
    assert bmc.tree[f"{USERS}/1"]["Enabled"] is False
    assert not bmc.sessions, "every session is closed"
    kept = FakeBmc()
    rotate(users(kept), ADMIN, SITE, keep_factory=True)
    assert kept.tree[f"{USERS}/1"]["Enabled"] is True


def test_the_password_of_the_same_account_is_changed() -> None:
    bmc = FakeBmc()
    rotate(users(bmc), ADMIN, SAME)
    assert bmc.passwords == {"admin": SAME.password}
    assert bmc.tree[f"{USERS}/1"]["Enabled"] is True


@pytest.mark.parametrize("site", [SITE, SAME])
def test_a_second_time_nothing_is_changed_and_one_login_fails_at_most(site: Credential) -> None:
    bmc = FakeBmc()
    rotate(users(bmc), ADMIN, site)
    bmc.sent.clear()
    change = rotate(users(bmc), ADMIN, site)
    assert (change.changed, change.note) == (False, "done before")
    assert logins(bmc) == 2
    assert {s.method for s in bmc.sent if s.path != f"{ROOT}/Sessions"} <= {"GET", "DELETE"}


def test_when_neither_works_each_was_tried_once_and_never_again() -> None:
    bmc = FakeBmc()
    bmc.passwords["admin"] = "somebody-else"
    for _ in range(3):
        with pytest.raises(WrongPassword):
            rotate(users(bmc), ADMIN, SITE)
    assert logins(bmc) == 2


def test_a_password_that_the_bmc_cuts_is_put_back_through_the_session() -> None:
    bmc = FakeBmc()

    def cuts(sent: Sent) -> Response | None:
        if sent.method == "PATCH" and "Password" in sent.body:
            bmc.passwords["admin"] = sent.body["Password"][:10]
            return reply(204)
        return None

    bmc.rules.append(cuts)
    with pytest.raises(NotApplied, match="the old one was put back, and works"):
        rotate(users(bmc), ADMIN, SAME)
    assert bmc.passwords["admin"] == ADMIN.password[:10] == "factory-1"


def test_when_the_old_one_cannot_be_put_back_it_is_said() -> None:
    bmc = FakeBmc()

    def once(sent: Sent) -> Response | None:
        if sent.method == "PATCH" and "Password" in sent.body:
            if bmc.passwords["admin"] != ADMIN.password:
                return error(400, "Base.1.0.Locked")
            bmc.passwords["admin"] = "cut"
            return reply(204)
        return None

    bmc.rules.append(once)
    with pytest.raises(NotApplied, match="could not be put back"):
        rotate(users(bmc), ADMIN, SAME)


def test_a_new_account_that_does_not_work_is_taken_away_and_the_factorys_left() -> None:
    bmc = FakeBmc()

    def mutes(sent: Sent) -> Response | None:
        if (sent.method, sent.path) == ("POST", USERS):
            bmc._add(sent.body | {"Password": "cut"})
            return reply(201)
        return None

    bmc.rules.append(mutes)
    with pytest.raises(NotApplied, match="does not work"):
        rotate(users(bmc), ADMIN, SITE)
    assert f"{USERS}/metalctl" not in bmc.tree
    assert bmc.tree[f"{USERS}/1"]["Enabled"] is True


@pytest.mark.parametrize(
    ("site", "quirks"), [("short", Quirks()), ("x" * 41, Quirks()), ("x" * 21, Quirks(password_most=20))]
)
def test_a_password_that_does_not_suit_is_refused_before_anything_is_changed(site: str, quirks: Quirks) -> None:
    bmc = FakeBmc()
    with pytest.raises(Unsupported, match="characters"):
        rotate(users(bmc, quirks), ADMIN, Credential("admin", site))
    assert {s.method for s in bmc.sent if s.path.startswith(USERS)} <= {"GET"}


def test_where_accounts_cannot_be_added_an_empty_slot_is_filled_without_a_quirk_too() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("POST", USERS, 405))
    rotate(users(bmc), ADMIN, SITE)
    assert bmc.tree[f"{USERS}/2"]["UserName"] == "metalctl"
    full = FakeBmc()
    full.rules.append(refuse("POST", USERS, 405))
    for n in (2, 3, 4):
        full.tree[f"{USERS}/{n}"]["UserName"] = f"user{n}"
    with pytest.raises(Unsupported, match="no room"):
        rotate(users(full), ADMIN, SITE)


def test_an_account_that_must_change_its_password_first_can() -> None:
    bmc = FakeBmc()

    def must(sent: Sent) -> Response | None:
        if bmc.passwords["admin"] == ADMIN.password and sent.method == "GET" and sent.path != ROOT:
            return error(403, "Base.1.10.PasswordChangeRequired", f"{USERS}/1")
        return None

    bmc.rules.append(must)
    rotate(users(bmc, Quirks(etag="never")), ADMIN, SAME)
    assert bmc.passwords["admin"] == SAME.password


def test_without_sessions_it_works_by_password() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("POST", f"{ROOT}/Sessions", 404))
    rotate(users(bmc), ADMIN, SAME)
    assert bmc.passwords["admin"] == SAME.password


def test_a_factory_account_that_cannot_be_shut_is_told() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(204) if s.method == "PATCH" and s.body == {"Enabled": False} else None)
    with pytest.raises(NotApplied, match="should be disabled"):
        rotate(users(bmc), ADMIN, SITE)


def test_no_password_is_told_by_any_error_or_change() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(400, "Base.1.0.Bad", s.body["Password"]) if s.method == "PATCH" else None)
    with pytest.raises(Unsupported) as caught:
        rotate(users(bmc), ADMIN, SAME)
    told = repr((caught.value.args, caught.value.fields, caught.value.hint))
    assert SAME.password not in told
    assert ADMIN.password not in told


def test_a_login_that_may_do_nothing_is_logged_out_of() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("GET", USERS, 403))
    with pytest.raises(BmcError):
        rotate(users(bmc), ADMIN, SITE)
    assert logins(bmc) == 1
    assert not bmc.sessions


def test_the_same_credential_twice_is_a_mistake() -> None:
    with pytest.raises(Unsupported, match="is the factory's"):
        rotate(users(FakeBmc()), ADMIN, ADMIN)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    lockout.forget()


def test_an_account_that_was_there_before_is_not_taken_away_when_its_new_password_does_not_work() -> None:
    bmc = FakeBmc()
    bmc._add({"UserName": SITE.username, "Password": "older-pass-1"})

    def cuts(sent: Sent) -> Response | None:
        if sent.method == "PATCH" and "Password" in sent.body:
            bmc.passwords[SITE.username] = "cut"
            return reply(204)
        return None

    bmc.rules.append(cuts)
    with pytest.raises(NotApplied, match="does not work"):
        rotate(users(bmc), ADMIN, SITE)
    assert f"{USERS}/{SITE.username}" in bmc.tree
    assert "DELETE" not in {s.method for s in bmc.sent if s.path.startswith(USERS)}
    assert bmc.tree[f"{USERS}/1"]["Enabled"] is True
