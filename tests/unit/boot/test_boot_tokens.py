"""A token lets one boot of one node in, for a while."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metalctl.boot import tokens
from metalctl.boot.errors import Refused
from metalctl.boot.memory import Machine, Memory
from metalctl.model.boot import PhoneHome

NOW = 1000.0


def report(token: str, **changed: str) -> PhoneHome:
    return replace(PhoneHome(token=token, node="n1", kind="ramdisk", boot_id="boot-1"), **changed)  # type: ignore[arg-type]


def reason(record: tokens.TokenRecord | None, told: PhoneHome, now: float = NOW) -> str:
    with pytest.raises(Refused) as refused:
        tokens.spend(record, told, now)
    return refused.value.reason


def test_only_the_hash_of_a_token_is_kept() -> None:
    token, record = tokens.issue("n1", "ramdisk", NOW)
    assert len(token) >= 43
    assert token not in repr(record)
    assert tokens.matches(record, token)
    assert tokens.issue("n1", "ramdisk", NOW)[0] != token


def test_a_token_is_spent_by_the_boot_that_used_it() -> None:
    token, record = tokens.issue("n1", "ramdisk", NOW)
    spent = tokens.spend(record, report(token), NOW)
    assert spent.boot_id == "boot-1"
    assert reason(spent, report(token, boot_id="boot-2")) == "spent"


def test_the_same_boot_may_repeat_itself_until_the_token_expires() -> None:
    token, record = tokens.issue("n1", "ramdisk", NOW, life=60)
    spent = tokens.spend(record, report(token), NOW)
    assert tokens.spend(spent, report(token), NOW + 59) == spent
    assert reason(spent, report(token), NOW + 60) == "expired"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"token": "guessed"}, "unknown-token"),
        ({"token": ""}, "unknown-token"),
        ({"node": "n2"}, "wrong-node"),
        ({"kind": "installed"}, "wrong-kind"),
        ({"boot_id": ""}, "no-boot-id"),
    ],
)
def test_what_does_not_fit_the_token_is_refused_by_name(changed: dict[str, str], expected: str) -> None:
    token, record = tokens.issue("n1", "ramdisk", NOW)
    assert reason(record, report(**({"token": token} | changed))) == expected


def test_a_token_that_nobody_issued_is_refused() -> None:
    assert reason(None, report("x" * 43)) == "unknown-token"


def test_a_refusal_does_not_repeat_the_token() -> None:
    token, record = tokens.issue("n1", "ramdisk", NOW)
    for told in (report(token, node="n2"), report("guessed-token"), report(token, kind="installed")):
        with pytest.raises(Refused) as refused:
            tokens.spend(record, told, NOW)
        assert told.token not in refused.value.message + refused.value.hint


class TestMemory:
    def memory(self) -> Memory:
        memory = Memory(clock=lambda: NOW)
        memory.add(Machine("n1", ("52:54:00:00:00:01",), action="ramdisk", authorized_keys=("ssh-ed25519 K",)))
        return memory

    def token(self, memory: Memory) -> str:
        intent = memory.intent(["52:54:00:00:00:01"], "")
        assert intent is not None
        return intent.token

    def test_a_new_script_makes_the_token_of_the_last_one_worthless(self) -> None:
        memory = self.memory()
        first, second = self.token(memory), self.token(memory)
        with pytest.raises(Refused, match="not one that metalctl issued"):
            memory.welcome(report(first))
        assert memory.welcome(report(second)).hostname == "n1"

    def test_a_spent_token_still_answers_its_own_boot_after_a_new_script(self) -> None:
        memory = self.memory()
        first = self.token(memory)
        memory.welcome(report(first))
        self.token(memory)
        assert memory.welcome(report(first)).authorized_keys == ("ssh-ed25519 K",)

    def test_the_installed_system_has_a_token_of_its_own(self) -> None:
        memory = self.memory()
        ramdisk, installed = self.token(memory), memory.token("n1", "installed")
        assert memory.welcome(report(installed, kind="installed")).hostname == "n1"
        assert memory.welcome(report(ramdisk)).hostname == "n1"

    def test_no_token_is_issued_for_a_boot_from_disk(self) -> None:
        memory = self.memory()
        memory.act("n1", "local")
        assert self.token(memory) == ""

    def test_a_machine_is_known_by_a_byte_swapped_uuid(self) -> None:
        memory = Memory()
        memory.add(Machine("n1", uuid="a0112233-4455-6677-8899-aabbccddeeff"))
        assert memory.intent([], "332211A0-5544-7766-8899-AABBCCDDEEFF") is not None
        assert memory.intent(["52:54:00:00:00:09"], "00000000-0000-0000-0000-000000000000") is None

    def test_two_machines_without_a_uuid_are_not_the_same(self) -> None:
        memory = Memory()
        memory.add(Machine("n1", ("52:54:00:00:00:01",), uuid=""))
        assert memory.intent(["52:54:00:00:00:02"], "") is None
