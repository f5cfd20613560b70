"""Who may phone home, and what a machine is told to boot."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from metalctl.boot import tokens
from metalctl.boot.errors import Refused
from metalctl.engine.pipeline.directory import StoreDirectory, issue_token
from metalctl.engine.pipeline.services import Services
from metalctl.engine.reach import access
from metalctl.engine.state import StateDir
from metalctl.model.boot import PhoneHome
from metalctl.model.identity import Identity
from metalctl.model.stage import Condition, Stage
from metalctl.store import boots, enrollments, nodes, schema
from tests.unit.engine.contexts import context_at

MAC = "52:54:00:00:00:01"
UUID = "4c4c4544-0000-1010-8000-b3c04f000001"


@pytest.fixture
def directory(database: Engine, state: StateDir) -> StoreDirectory:
    return StoreDirectory(database, state)


@pytest.fixture
def wanted(database: Engine, enrolled: Any) -> str:
    enrollment = str(enrolled())
    with database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity(uuid=UUID, macs=(MAC,)))
        boots.set_intent(connection, "n1", enrollment, "ramdisk")
    return enrollment


def report(right: str, **changes: Any) -> PhoneHome:
    return PhoneHome(
        **{"token": right, "node": "n1", "kind": "ramdisk", "boot_id": "b1", "address": "10.0.0.5", "macs": (MAC,)}
        | changes
    )


def test_a_known_address_boots_the_ramdisk_with_a_token_that_is_kept_only_as_a_hash(
    directory: StoreDirectory, wanted: str, state: StateDir
) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    assert (intent.node, intent.action, len(intent.token) > 30) == ("n1", "ramdisk", True)
    files = [state.database, state.database.with_name("metalctl.db-wal")]
    assert not any(intent.token.encode() in f.read_bytes() for f in files if f.exists())


def test_an_unknown_machine_gets_nothing(directory: StoreDirectory, wanted: str) -> None:
    assert directory.intent(["52:54:00:ff:ff:ff"], "") is None


def test_a_machine_without_known_addresses_is_known_by_its_uuid_in_either_byte_order(
    directory: StoreDirectory, wanted: str
) -> None:
    for uuid in (UUID, UUID.upper(), "44454c4c-0000-1010-8000-b3c04f000001"):
        intent = directory.intent([], uuid)
        assert intent is not None, uuid
        assert intent.node == "n1"


@pytest.mark.truth("D2", "a UUID in another byte order is no other machine")
def test_a_machine_is_known_by_its_uuid_where_the_bmc_told_it_reversed(
    directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    with database.begin() as connection:
        reversed_ = bytes.fromhex(UUID.replace("-", ""))[::-1].hex()
        nodes.set_identity(connection, "n1", Identity(uuid=reversed_))
    intent = directory.intent(["52:54:00:00:00:77"], UUID)
    assert intent is not None


@pytest.mark.truth("A9", "a serial, UUID or MAC that nobody burned in is no evidence of who a machine is")
@pytest.mark.parametrize("uuid", ["03000200-0400-0500-0006-000700080009", "00000000-0000-0000-0000-000000000000"])
def test_a_stranger_with_the_uuid_of_every_unprogrammed_board_boots_nothing(
    directory: StoreDirectory, wanted: str, database: Engine, uuid: str
) -> None:
    with database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity("F54P1G3", uuid, (MAC, "be:3a:f2:b6:05:9f")))
    assert directory.intent(["52:54:00:00:00:77"], uuid) is None
    assert directory.intent(["be:3a:f2:b6:05:9f"], uuid) is None
    assert directory.intent([MAC], uuid) is not None


def test_the_right_token_lets_the_enrollments_key_in_and_records_the_boot(
    directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    welcome = directory.welcome(report(intent.token))
    assert welcome.authorized_keys[0].startswith("ssh-ed25519 ")
    with database.connect() as connection:
        boot = boots.last_boot(connection, wanted, "ramdisk")
    assert boot is not None
    assert (boot.boot_id, boot.address, boot.report.token) == ("b1", "10.0.0.5", "")


def test_the_same_boot_may_ask_twice_but_another_may_not(directory: StoreDirectory, wanted: str) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    first, second = (directory.welcome(report(intent.token)) for _ in range(2))
    assert first.authorized_keys == second.authorized_keys
    assert abs(first.time - time.time()) < 60
    with pytest.raises(Refused):
        directory.welcome(report(intent.token, boot_id="b2"))


def test_of_two_machines_that_show_one_token_at_the_same_moment_one_is_let_in(
    directory: StoreDirectory, wanted: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    real = tokens.spend

    def spend(record: Any, shown: PhoneHome, now: float) -> Any:
        """Between the look at the token and its use, the other machine takes it."""
        with database.begin() as other:
            assert boots.use_token(other, tokens.digest(shown.token), "b2")
        return real(record, shown, now)

    monkeypatch.setattr(tokens, "spend", spend)
    with pytest.raises(Refused):
        directory.welcome(report(intent.token))
    with database.connect() as connection:
        assert boots.last_boot(connection, wanted) is None


@pytest.mark.parametrize("changes", [{"token": "guess"}, {"node": "n2"}, {"kind": "installed"}])
def test_a_report_that_does_not_fit_its_token_is_refused_and_nothing_is_recorded(
    changes: dict[str, str], directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    with pytest.raises(Refused):
        directory.welcome(report(intent.token, **changes))
    with database.connect() as connection:
        assert boots.last_boot(connection, wanted) is None


@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.HANDED_OVER])
def test_past_the_install_no_ramdisk_is_served_whatever_the_intent_says(
    stage: Stage, directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    with database.begin() as connection:
        enrollments.change(connection, wanted, stage=stage.value)
    intent = directory.intent([MAC], "")
    assert intent is not None
    assert (intent.action, intent.token) == ("local", "")


def test_only_the_newest_token_is_worth_anything(directory: StoreDirectory, wanted: str) -> None:
    first, second = directory.intent([MAC], ""), directory.intent([MAC], "")
    assert first is not None
    assert second is not None
    with pytest.raises(Refused):
        directory.welcome(report(first.token))
    directory.welcome(report(second.token))


def test_nothing_is_served_after_the_boot_that_was_ordered(directory: StoreDirectory, wanted: str) -> None:
    intent = directory.intent([MAC], "")
    assert intent is not None
    directory.welcome(report(intent.token))
    later = directory.intent([MAC], "")
    assert later is not None
    assert (later.action, later.token) == ("wait", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"macs": ("52:54:00:00:00:99",)},
        {"macs": ()},
        {"uuid": "5a0c1111-2222-4333-8444-555566667777", "serial": "OTHER7"},
    ],
)
def test_another_machine_with_a_token_of_the_node_is_let_in_by_nobody(
    changes: dict[str, Any], directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    with database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity("SER1AL", UUID, (MAC,)))
    intent = directory.intent([MAC], "")
    assert intent is not None
    with pytest.raises(Refused):
        directory.welcome(report(intent.token, **changes))
    with database.connect() as connection:
        assert boots.last_boot(connection, wanted) is None
    directory.welcome(report(intent.token, uuid=UUID, serial="SER1AL"))


def test_a_machine_that_shouts_is_written_down_once_and_the_table_has_an_end(
    directory: StoreDirectory, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boots, "SIGHTINGS", 10)
    monkeypatch.setattr(boots, "PRUNE_EVERY", 5)
    for _ in range(3):
        directory.sighting(MAC, "DHCP: address 172.31.0.7")
    for number in range(40):
        directory.sighting(f"52:54:00:00:01:{number:02x}", "DHCP: asked")
    with database.connect() as connection:
        assert boots.newest_sighting(connection, [MAC]) is None
        left = connection.execute(select(func.count()).select_from(schema.sightings)).scalar_one()
    assert left <= 15


def test_what_is_seen_of_a_node_after_its_call_is_a_boot_that_nobody_ordered(
    directory: StoreDirectory, wanted: str, database: Engine, services: Services
) -> None:
    directory.sighting(MAC, "boot script: ramdisk (pcbios)")
    intent = directory.intent([MAC], "")
    assert intent is not None
    directory.welcome(report(intent.token))
    with database.connect() as connection:
        found, node = enrollments.get(connection, wanted), nodes.get(connection, "n1")
    ctx = context_at(services, found, node, Stage.BURNED_IN)
    boot = ctx.boot("ramdisk")
    assert boot is not None
    assert ctx.rebooted(boot) == ""
    directory.sighting(MAC, "phone-home: ramdisk")
    assert ctx.rebooted(boot) == ""
    directory.sighting(MAC, "boot script: wait (pcbios)")
    assert "boot script" in ctx.rebooted(boot)


def test_a_call_with_the_token_of_an_enrollment_before_is_refused_and_leaves_the_new_ones_boot_alone(
    directory: StoreDirectory, wanted: str, database: Engine, enrolled: Any
) -> None:
    """A ramdisk that hung since calls at last, while the boot of the next enrollment is ordered."""
    old = directory.intent([MAC], "")
    assert old is not None
    with database.begin() as connection:
        enrollments.change(connection, wanted, condition=Condition.FAILED.value)
    newer = enrolled()
    with database.begin() as connection:
        boots.set_intent(connection, "n1", newer, "ramdisk")
    with pytest.raises(Refused):
        directory.welcome(report(old.token))
    with database.connect() as connection:
        assert boots.intent(connection, "n1") == (newer, "ramdisk")


def test_a_node_that_is_handed_over_gets_no_key_of_ours_again(
    directory: StoreDirectory, wanted: str, database: Engine, state: StateDir
) -> None:
    with database.begin() as connection:
        token = issue_token(connection, wanted, "n1", "installed")
    directory.welcome(report(token, kind="installed"))
    with database.begin() as connection:
        done = {"stage": Stage.HANDED_OVER.value, "condition": Condition.DONE.value}
        enrollments.change(connection, wanted, **done)
    access.delete_key(state, wanted)
    with pytest.raises(Refused):
        directory.welcome(report(token, kind="installed"))
    assert not access.has_key(state, wanted)


def test_an_enrollment_that_ended_before_its_node_booted_serves_nothing(
    directory: StoreDirectory, wanted: str, database: Engine
) -> None:
    with database.begin() as connection:
        failed = {"stage": Stage.INSPECTED.value, "condition": Condition.FAILED.value, "fault": "operator"}
        enrollments.change(connection, wanted, **failed)
    intent = directory.intent([MAC], "")
    assert intent is not None
    assert (intent.action, intent.token) == ("local", "")
