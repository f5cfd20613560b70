"""The script a loader gets follows from the state of its node."""

from __future__ import annotations

import re

import pytest

from metalctl.boot import scripts
from metalctl.boot.errors import BadScriptValue, BootError
from metalctl.model.boot import BootIntent

BASE = "http://172.31.0.1:8080"
DISK = "/files/ramdisk/abc"
TOKEN = "t" * 43
MACHINE = scripts.Asker(("52:54:00:aa:00:01", "52:54:00:aa:00:02"), "", "pcbios", "i386")


def answer(action: str, *, attempt: int = 0, ramdisk: str = DISK, options: tuple[str, ...] = ()) -> tuple[str, str]:
    token = TOKEN if action == "ramdisk" else ""
    machine = scripts.Asker(MACHINE.macs, "", "efi", "x86_64", attempt)
    return scripts.answer(machine, BootIntent("n1", action, token, options), BASE, ramdisk)


def words(script: str) -> list[str]:
    [line] = re.findall(r"^kernel (.*) \|\| goto failed$", script, re.MULTILINE)
    return list(line.split())


def commands(script: str) -> set[str]:
    return {line.split()[0] for line in script.splitlines() if line and not line.startswith("#")}


def test_every_script_is_one() -> None:
    for script in (scripts.start(BASE), *(answer(a)[1] for a in ("ramdisk", "wait", "local"))):
        assert script.startswith("#!ipxe\n")
        assert "{{" not in script


def test_the_ramdisk_script_carries_what_the_ramdisk_reads() -> None:
    decided, script = answer("ramdisk", options=("debug=1",))
    assert decided == "ramdisk"
    assert words(script) == [
        f"{BASE}{DISK}/kernel",
        "initrd=initrd",
        "boot=live",
        f"fetch={BASE}{DISK}/filesystem.squashfs",
        "BOOTIF=01-52-54-00-aa-00-01",
        "console=tty0",
        "console=ttyS0,115200n8",
        "udev.children_max=8",
        f"metalctl.url={BASE}",
        f"metalctl.token={TOKEN}",
        "metalctl.node=n1",
        "debug=1",
    ]
    assert f"initrd --name initrd {BASE}{DISK}/initrd || goto failed" in script
    assert script.count(TOKEN) == 1


@pytest.mark.parametrize("action", ["wait", "local"])
def test_no_kernel_is_offered_unless_the_ramdisk_is_wanted(action: str) -> None:
    decided, script = answer(action)
    assert decided == action
    assert not commands(script) & {"kernel", "initrd", "boot"}


def test_an_unknown_machine_is_told_so_and_boots_from_disk() -> None:
    decided, script = scripts.answer(MACHINE, None, BASE, DISK)
    assert decided == "unknown"
    assert "echo MAC 52:54:00:aa:00:01, UUID not stated\n" in script
    assert not commands(script) & {"kernel", "initrd", "boot", "chain"}
    assert "sanboot --no-describe --drive 0x80" in script


def test_a_boot_from_disk_hands_bios_the_disk_and_leaves_uefi_with_an_error() -> None:
    _, script = answer("local")
    assert "iseq ${platform} efi && exit 1 ||\nsanboot --no-describe --drive 0x80 || exit 1\n" in script


def test_waiting_asks_again_and_counts() -> None:
    _, script = answer("wait", attempt=4)
    assert "waits for its turn (5 of 90)" in script
    assert f"sleep {scripts.WAIT_SECONDS}\nchain --replace --autofree {BASE}/ipxe?mac=52:54:00:aa:00:01&mac=" in script
    assert "&try=5 " in script


@pytest.mark.parametrize("action", ["wait", "ramdisk"])
def test_waiting_ends_at_the_disk(action: str) -> None:
    assert answer(action, attempt=scripts.WAIT_TRIES - 1)[0] == action
    assert answer(action, attempt=scripts.WAIT_TRIES)[0] == "local"


def test_a_node_waits_while_there_is_no_ramdisk_to_boot() -> None:
    decided, script = answer("ramdisk", ramdisk="")
    assert decided == "wait"
    assert TOKEN not in script


@pytest.mark.parametrize("option", ["a b", "x\nboot", "||", "&&", "", "é"])
def test_an_option_that_would_change_the_script_is_refused(option: str) -> None:
    with pytest.raises(BadScriptValue, match="kernel option"):
        answer("ramdisk", options=(option,))


def test_a_token_of_the_wrong_shape_is_refused_without_being_shown() -> None:
    with pytest.raises(BadScriptValue) as wrong:
        scripts.answer(MACHINE, BootIntent("n1", "ramdisk", "se cret"), BASE, DISK)
    assert "se cret" not in wrong.value.message


def test_an_action_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(BootError, match="'install'"):
        answer("install")


def test_what_a_loader_says_is_read_with_caution() -> None:
    read = scripts.asker(
        ["", "52-54-00-AA-00-01", "x\n52:54:00:aa:00:01", "52:54:00:aa:00:01"], "0\nboot", "vax", "z", "9" * 9
    )
    assert read == scripts.Asker(("52:54:00:aa:00:01",))
    assert scripts.asker(["52:54:00:aa:00:01"], "", "efi", "x86_64", "12").attempt == 12


@pytest.mark.parametrize("macs", [[], [""], ["${net0/mac}"], ["52:54:00:aa:00"]])
def test_a_loader_without_a_mac_is_refused(macs: list[str]) -> None:
    with pytest.raises(BadScriptValue):
        scripts.asker(macs, "", "", "", "0")
