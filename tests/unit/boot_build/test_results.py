"""The real results in the build cache, when they are there: they hold what was promised, and no secret and no login.

Build them first: `python -m metalctl.boot.build ramdisk` and `… image`.
"""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from metalctl.boot.build.cache import default_cache
from metalctl.boot.build.recipe import load

PXE = Path(__file__).parents[3] / "pxe"
pytestmark = pytest.mark.slow


def in_cache(shelf, recipe):
    folder = default_cache() / shelf / load(PXE / recipe).key
    if not folder.is_dir():
        pytest.skip(f"{folder} is not built yet: python -m metalctl.boot.build makes it")
    return folder


@pytest.fixture(scope="module")
def ramdisk():
    return in_cache("ramdisk", "ramdisk")


@pytest.fixture(scope="module")
def image():
    return in_cache("images/debian-12", "images/debian-12")


@pytest.fixture(scope="module")
def manifest(image):
    return json.loads((image / "manifest.json").read_text())


def read(ramdisk, path):
    squashfs = ramdisk / "filesystem.squashfs"
    return subprocess.run(["unsquashfs", "-cat", squashfs, path], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def names(ramdisk):
    command = ["unsquashfs", "-l", "-d", "", ramdisk / "filesystem.squashfs"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n"))


def test_no_account_of_the_ramdisk_has_a_password(ramdisk):
    fields = [line.split(":") for line in read(ramdisk, "etc/shadow").splitlines()]
    assert {field[1] for field in fields} <= {"*", "!", "!*"}


def test_the_ramdisk_ships_no_host_key_and_keeps_a_kernel_for_guests(names):
    assert not [name for name in names if re.search(r"/ssh_host_.*key", name)]
    assert [name for name in names if name.startswith("/boot/vmlinuz-")]


@pytest.mark.parametrize(
    "tool", ["fio", "iperf3", "stress-ng", "nvme", "smartctl", "dmidecode", "lldpcli", "ethtool", "qemu-system-x86_64"]
)
def test_the_ramdisk_has_the_tools_of_the_checks(names, tool):
    assert {f"/usr/bin/{tool}", f"/usr/sbin/{tool}"} & names


def test_the_partition_table_is_the_one_of_the_manifest(image, manifest):
    command = ["sfdisk", "--json", image / "disk.raw"]
    table = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["partitiontable"]
    found = [(p["start"] * 512, p["size"] * 512, p["type"], p["name"]) for p in table["partitions"]]
    assert found == [(p["start"], p["size"], p["type"], p["label"]) for p in manifest["partitions"]]
    assert [p["role"] for p in manifest["partitions"]] == ["bios_grub", "esp", "cidata", "root"]


def test_the_seed_partition_is_labelled_and_empty(image, manifest):
    part = manifest["partitions"][2]
    listing = subprocess.run(
        ["mdir", "-i", f"{image / 'disk.raw'}@@{part['start']}", "::"], check=True, capture_output=True, text=True
    ).stdout
    assert "Volume in drive : is CIDATA" in listing
    assert "No files" in listing


def test_the_stream_frame_by_frame_is_the_blocks_of_the_manifest(image, manifest):
    whole = (image / "disk.raw.zst").read_bytes()
    checked = 0
    for start, length, first, count in manifest["stream"]["frames"]:
        packed = whole[start : start + length]
        raw = memoryview(subprocess.run(["zstd", "-dc"], input=packed, check=True, capture_output=True).stdout)
        for _, size, digest in manifest["blocks"][first : first + count]:
            assert hashlib.new(manifest["digest"], raw[:size]).hexdigest() == digest
            raw, checked = raw[size:], checked + 1
        assert not raw
    assert checked == len(manifest["blocks"])
