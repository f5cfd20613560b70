"""Sessions, basic authentication, the lock-out, and accounts that change."""

from __future__ import annotations

import time
from types import SimpleNamespace

from metalctl.lab.bmc import auth

SYSTEM = "/redfish/v1/Systems/Node-0"
SESSIONS = "/redfish/v1/SessionService/Sessions"
ACCOUNTS = "/redfish/v1/AccountService/Accounts"
LOGIN = {"UserName": "admin", "Password": "password"}


def login(client, **other):
    return client.send("POST", SESSIONS, {**LOGIN, **other}, auth=False)


def test_only_the_service_root_is_open(start):
    client = start().client()
    assert client.send("GET", "/redfish/v1", auth=False).status == 200
    assert client.send("GET", "/redfish/v1/", auth=False).status == 200
    for path in ("/redfish/v1/Systems", SYSTEM, SESSIONS, "/redfish/v1/Nothing"):
        refused = client.send("GET", path, auth=False)
        assert (refused.status, "www-authenticate" in refused.headers) == (401, True), path
    assert client.get(SYSTEM).status == 200


def test_a_token_serves_until_the_session_is_deleted(start):
    client = start().client()
    opened = login(client)
    token = opened.headers["x-auth-token"]
    assert opened.status == 201
    assert opened.json()["UserName"] == "admin"
    assert client.get(SYSTEM, X_Auth_Token=token).status == 200
    assert [m["@odata.id"] for m in client.get(SESSIONS).json()["Members"]] == [opened.headers["location"]]
    assert client.send("DELETE", opened.headers["location"], X_Auth_Token=token).status == 204
    assert client.get(SYSTEM, X_Auth_Token=token).status == 401
    assert client.get(SESSIONS).json()["Members"] == []


def test_a_token_of_one_bmc_is_worth_nothing_at_another(start):
    fleet = start(count=2)
    token = login(fleet.client(0)).headers["x-auth-token"]
    assert fleet.client(1).get(SYSTEM, X_Auth_Token=token).status == 401


def test_sessions_are_limited_and_a_logout_makes_room(start):
    client = start(sessions=2).client()
    first = login(client)
    assert login(client).status == 201
    refused = login(client)
    assert (refused.status, "SessionLimitExceeded" in refused.body.decode()) == (503, True)
    assert "x-auth-token" not in refused.headers
    client.send("DELETE", first.headers["location"])
    assert login(client).status == 201


def test_a_wrong_password_is_refused_by_session_and_by_basic(start):
    fleet = start()
    assert login(fleet.client(), Password="wrong").status == 401
    assert login(fleet.client(), UserName="nobody").status == 401
    assert fleet.client(password="wrong").get(SYSTEM).status == 401
    assert fleet.client().send("GET", SYSTEM, auth=False, Authorization="Basic !!").status == 401
    assert fleet.fleet.statistics.failed_logins == 4


def test_the_account_locks_after_failures_in_a_row_even_for_the_right_password_and_opens_again(start, monkeypatch):
    passed = 0.0
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed))
    fleet = start(lockout=3, lockout_time=1000.0)
    for _ in range(3):
        login(fleet.client(), Password="wrong")
    assert login(fleet.client()).status == 401
    passed = 500.0
    assert login(fleet.client()).status == 401
    passed = 1000.0
    assert login(fleet.client()).status == 201


def test_a_success_between_failures_keeps_the_account_open(start):
    fleet = start(lockout=3)
    for _ in range(3):
        for _ in range(2):
            login(fleet.client(), Password="wrong")
        assert login(fleet.client()).status == 201


def test_a_changed_password_is_the_only_one_that_serves(start):
    fleet = start(count=2)
    old = fleet.client()
    assert old.get(SYSTEM).status == 200
    assert old.send("PATCH", f"{ACCOUNTS}/1", {"Password": "n3w-secret"}).status == 200
    assert old.get(SYSTEM).status == 401
    new = fleet.client(password="n3w-secret")
    told = new.get(f"{ACCOUNTS}/1")
    assert (told.status, told.json()["Password"]) == (200, None)
    assert b"n3w-secret" not in told.body
    assert fleet.client(1).get(SYSTEM).status == 200


def test_an_account_is_made_serves_and_is_deleted(start):
    fleet = start()
    admin = fleet.client()
    made = admin.send("POST", ACCOUNTS, {"UserName": "site", "Password": "s1te", "RoleId": "Operator"})
    assert made.status == 201
    assert admin.send("POST", ACCOUNTS, {"UserName": "site", "Password": "x"}).status == 409
    assert fleet.client(user="site", password="s1te").get(SYSTEM).status == 200
    admin.send("PATCH", made.headers["location"], {"Enabled": False})
    assert fleet.client(user="site", password="s1te").get(SYSTEM).status == 401
    assert admin.send("DELETE", made.headers["location"]).status == 204
    assert len(admin.get(ACCOUNTS).json()["Members"]) == 1


def test_another_user_name_is_that_of_the_administrator(start):
    fleet = start(username="factory", password="f4ctory")
    assert fleet.client(password="f4ctory").get(f"{ACCOUNTS}/1").json()["UserName"] == "factory"
    assert fleet.client(user="admin").get(SYSTEM).status == 401
