"""What the image makes of cloud-init's bond stanzas."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "pxe/images/debian-12/overlay/usr/local/sbin/metalctl-bond-members"
WRITTEN = """# This file is generated
auto lo
iface lo inet loopback

auto p0
iface p0 inet manual
    bond-master bond0
    bond-mode 802.3ad

auto eno9
iface eno9 inet dhcp

auto p1
iface p1 inet manual
    bond-master bond0
    bond-mode 802.3ad

auto bond0
iface bond0 inet dhcp
    bond-mode 802.3ad
    bond-slaves none
    mtu 9000
"""


def rewrite(tmp_path, text):
    file = tmp_path / "50-cloud-init"
    file.write_text(text)
    subprocess.run(["sh", SCRIPT, file], check=True)
    return [stanza for stanza in file.read_text().split("\n\n") if stanza.strip()]


def test_the_bond_names_its_members_and_they_lose_their_stanzas(tmp_path):
    lo, nic, bond = rewrite(tmp_path, WRITTEN)
    assert "iface lo inet loopback" in lo
    assert nic == "auto eno9\niface eno9 inet dhcp"
    assert bond == WRITTEN.split("\n\n")[-1].strip().replace("bond-slaves none", "bond-slaves p0 p1")


def test_a_second_run_changes_nothing(tmp_path):
    once = rewrite(tmp_path, WRITTEN)
    assert rewrite(tmp_path, "\n\n".join(once) + "\n") == once


def test_without_a_bond_every_stanza_stays(tmp_path):
    text = "auto lo\niface lo inet loopback\n\nauto eno9\niface eno9 inet dhcp\n"
    assert rewrite(tmp_path, text) == text.strip().split("\n\n")


def test_no_file_is_no_error(tmp_path):
    subprocess.run(["sh", SCRIPT, tmp_path / "none"], check=True)
