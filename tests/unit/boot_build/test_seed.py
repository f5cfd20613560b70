"""The NoCloud seed: what the templates render is what cloud-init reads."""

import json
from pathlib import Path

import jinja2
import pytest
import yaml

SEED = Path(__file__).parents[3] / "pxe/images/debian-12/seed"
NASTY = "a\"b'c: {{ d }} # \n- x <&>\\"


def render(name, **variables):
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SEED), undefined=jinja2.StrictUndefined, autoescape=False
    )
    text = environment.get_template(name).render(**variables)
    return text, yaml.safe_load(text)


def user_data(**more):
    values = {
        "hostname": "n1",
        "node": "n1",
        "url": "http://192.0.2.1:80",
        "token": "t",
        "authorized_keys": ["ssh-x k"],
    }
    return render("user-data.j2", **{**values, **more})


def test_user_data_opens_with_the_line_that_cloud_init_wants():
    assert user_data()[0].splitlines()[0] == "#cloud-config"


def test_the_phone_home_file_is_private_json_with_what_was_given():
    _, data = user_data(token=NASTY, node="rack1-n2", url="http://192.0.2.1:8080/x")
    (entry,) = data["write_files"]
    assert (entry["path"], entry["permissions"]) == ("/etc/metalctl/phone-home.json", "0600")
    assert json.loads(entry["content"]) == {"url": "http://192.0.2.1:8080/x", "token": NASTY, "node": "rack1-n2"}


def test_no_user_and_no_password_is_made():
    _, data = user_data()
    assert not {"users", "password", "chpasswd"} & set(data)
    assert data["ssh_authorized_keys"] == ["ssh-x k"]
    assert "ssh_keys" not in data


def test_given_host_keys_are_used():
    _, data = user_data(ssh_host_keys={"ed25519_private": "-----BEGIN\nx\n", "ed25519_public": "ssh-ed25519 A"})
    assert data["ssh_keys"]["ed25519_private"] == "-----BEGIN\nx\n"


def test_meta_data_carries_the_installation_as_instance():
    _, data = render("meta-data.j2", instance_id="n1-7", hostname="n1")
    assert data == {"instance-id": "n1-7", "local-hostname": "n1"}


BOND = {
    "name": "bond0", "members": ["52:54:00:AA:00:01", {"mac": "52:54:00:aa:00:02", "name": "enp1s0f1"}],
    "mtu": 9000, "mode": "802.3ad", "lacp_rate": "fast", "transmit_hash_policy": "layer3+4",
    "addresses": ["192.0.2.11/24"], "gateway4": "192.0.2.1",
}  # fmt: skip


def test_a_bond_of_two_members_with_lacp_and_jumbo_frames():
    _, data = render("network-config.j2", bond=BOND)
    assert data["version"] == 2
    assert {name: nic["match"]["macaddress"] for name, nic in data["ethernets"].items()} == {
        "bond0p0": "52:54:00:aa:00:01",
        "enp1s0f1": "52:54:00:aa:00:02",
    }
    assert all(nic["set-name"] == name and nic["dhcp4"] is False for name, nic in data["ethernets"].items())
    bond = data["bonds"]["bond0"]
    assert bond["interfaces"] == list(data["ethernets"])
    assert bond["mtu"] == 9000
    assert bond["parameters"] == {
        "mode": "802.3ad", "lacp-rate": "fast", "transmit-hash-policy": "layer3+4", "mii-monitor-interval": 100,
    }  # fmt: skip
    assert (bond["addresses"], bond["gateway4"], bond["dhcp4"]) == (["192.0.2.11/24"], "192.0.2.1", False)


def test_active_backup_has_no_lacp_rate():
    _, data = render("network-config.j2", bond={**BOND, "mode": "active-backup"})
    assert "lacp-rate" not in data["bonds"]["bond0"]["parameters"]


def test_nics_outside_the_bond_and_no_bond():
    _, data = render(
        "network-config.j2", bond=None, interfaces=[{"mac": "52:54:00:AA:00:09", "name": "eno1", "dhcp4": True}]
    )
    assert data == {
        "version": 2,
        "ethernets": {"eno1": {"match": {"macaddress": "52:54:00:aa:00:09"}, "set-name": "eno1", "dhcp4": True}},
    }


@pytest.mark.parametrize("missing", ["token", "url", "node", "hostname"])
def test_a_missing_variable_is_an_error_and_not_an_empty_seed(missing):
    values = {"hostname": "n1", "node": "n1", "url": "u", "token": "t", "authorized_keys": []}
    del values[missing]
    with pytest.raises((jinja2.UndefinedError, TypeError)):
        render("user-data.j2", **values)
