"""Secure boot of which a BMC says nothing: no answer, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.errors import BmcError
from tests.unit.bmc.fake_bmc import FakeBmc, reply
from tests.unit.bmc.fake_tree import SYSTEM
from tests.unit.bmc.test_act_settings import Machine

SECURE = f"{SYSTEM}/SecureBoot"


@pytest.mark.truth("A8", "secure boot without its two properties is not off")
@pytest.mark.parametrize("said", [{"Id": "1"}, {"SecureBootEnable": None, "SecureBootCurrentBoot": None},
                                  {"SecureBootCurrentBoot": "Unknown"}])  # fmt: skip
def test_secure_boot_off_does_not_answer_that_there_is_nothing_to_do(said: dict[str, Any]) -> None:
    bmc = FakeBmc()
    bmc.tree[SECURE] = dict(said)
    with pytest.raises(BmcError, match="does not say"):
        Machine(bmc).set_secure_boot(False)
    with pytest.raises(BmcError, match="does not say"):
        Machine(bmc).secure_boot()
    assert bmc.bodies("PATCH") == bmc.bodies("POST") == []


@pytest.mark.truth("A8", "secure boot without its two properties is not off")
def test_a_machine_that_never_told_how_it_booted_is_not_proven_to_have_booted_so() -> None:
    bmc, says = FakeBmc(), {"SecureBootEnable": False}
    bmc.rules.append(lambda sent: reply(200, {}, says) if (sent.method, sent.path) == ("GET", SECURE) else None)
    machine = Machine(bmc)
    assert machine.secure_boot() is None
    with pytest.raises(BmcError, match="does not say how it booted"):
        machine.set_secure_boot(False, timeout=60)
