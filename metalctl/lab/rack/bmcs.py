"""The nodes' BMCs: one sushy-emulator (Redfish over HTTPS) and one virtualbmc (IPMI) each, on the node's BMC address.

User name and password are made at `lab up` and are in files of mode 0600 only: never in arguments, environment or logs.
"""

from __future__ import annotations

import json
import os
import secrets
import string
import sys
from pathlib import Path

from metalctl.lab.certificate import self_signed
from metalctl.lab.rack import parts, plan, sandbox
from metalctl.lab.rack.paths import LabPaths

CREDENTIAL = "lab-bmc"
_USER = "admin"
_PASSWORD_LENGTH = 16
"""IPMI 1.5 takes no longer one."""


def make_credentials(paths: LabPaths) -> tuple[str, str]:
    """Makes the user name and password and writes them to the credentials file."""
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_PASSWORD_LENGTH))
    write_secret(paths.credentials, json.dumps({CREDENTIAL: {"username": _USER, "password": password}}) + "\n")
    return _USER, password


def write_secret(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, at no moment otherwise."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def start(paths: LabPaths, rack: plan.Plan) -> dict[str, str]:
    """Starts every BMC; gives the SHA-256 of each one's certificate by node name."""
    user, password = make_credentials(paths)
    digests = {}
    for node in rack.nodes:
        home = paths.state / "bmc" / node.node.name
        home.mkdir(parents=True)
        digests[node.node.name] = make_certificate(home, node.node.name, node.bmc_address)
        _start_redfish(paths, node, home, user, password)
        _start_ipmi(paths, node, home, user, password)
    for node in rack.nodes:
        _wait(paths, node)
    return digests


def make_certificate(home: Path, name: str, address: str) -> str:
    """Writes a self-signed certificate and its key; gives its SHA-256 (hex)."""
    made = self_signed(f"{name}-bmc", address)
    (home / "cert.pem").write_bytes(made.certificate)
    write_secret(home / "key.pem", made.key.decode())
    return made.sha256


def _start_redfish(paths: LabPaths, node: plan.PlannedNode, home: Path, user: str, password: str) -> None:
    import bcrypt

    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()
    write_secret(home / "htpasswd", f"{user}:{hashed}\n")
    (home / "tmp").mkdir()
    settings = {
        "SUSHY_EMULATOR_LISTEN_IP": node.bmc_address,
        "SUSHY_EMULATOR_LISTEN_PORT": plan.REDFISH_PORT,
        "SUSHY_EMULATOR_SSL_CERT": str(home / "cert.pem"),
        "SUSHY_EMULATOR_SSL_KEY": str(home / "key.pem"),
        "SUSHY_EMULATOR_AUTH_FILE": str(home / "htpasswd"),
        "SUSHY_EMULATOR_LIBVIRT_URI": "qemu:///system",
        "SUSHY_EMULATOR_ALLOWED_INSTANCES": [node.uuid],
        "SUSHY_EMULATOR_STATE_DIR": str(home / "tmp"),
        "METALCTL_SUPPLIES": node.node.supplies,
        "METALCTL_CLOCK_SKEW": node.node.clock_skew,
    }
    config = home / "redfish.conf"
    config.write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
    argv = [sys.executable, "-m", "metalctl.lab.rack.redfish_bmc", "--config", str(config)]
    # It keeps state in the temporary directory, under names that every emulator shares.
    parts.start(paths, redfish_part(node), sandbox.command(paths, argv), {"TMPDIR": str(home / "tmp")})


def _start_ipmi(paths: LabPaths, node: plan.PlannedNode, home: Path, user: str, password: str) -> None:
    settings = {
        "username": user,
        "password": password,
        "address": node.bmc_address,
        "port": plan.IPMI_PORT,
        "domain_name": node.domain,
        "libvirt_uri": "qemu:///system",
    }
    write_secret(home / "ipmi.json", json.dumps(settings))
    argv = [sys.executable, "-m", "metalctl.lab.rack.ipmi_bmc", str(home / "ipmi.json")]
    parts.start(paths, ipmi_part(node), sandbox.command(paths, argv), {"HOME": str(home)})


def _wait(paths: LabPaths, node: plan.PlannedNode) -> None:
    redfish = parts.state(paths, redfish_part(node)).pid or 0
    ipmi = parts.state(paths, ipmi_part(node)).pid or 0
    at = node.bmc_address
    parts.wait(paths, redfish_part(node), lambda: parts.listens(redfish, "tcp", at, plan.REDFISH_PORT), 60)
    parts.wait(paths, ipmi_part(node), lambda: parts.listens(ipmi, "udp", at, plan.IPMI_PORT), 60)


def redfish_part(node: plan.PlannedNode) -> str:
    return f"redfish-{node.node.name}"


def ipmi_part(node: plan.PlannedNode) -> str:
    return f"ipmi-{node.node.name}"
