"""Install, start and stop a real Ironic in its own virtual environment. See README.md beside this file.

Standard library only, so that any python3 runs it, in a network namespace too.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PINNED = ("ironic==39.0.0", "sushy==5.14.0")
START_SECONDS = 90

CONFIG = """
[DEFAULT]
auth_strategy = noauth
rpc_transport = none
host = metalctl-test
state_path = {directory}
log_file = {directory}/ironic.log
graceful_shutdown_timeout = 2
enabled_hardware_types = redfish,fake-hardware
enabled_boot_interfaces = redfish-virtual-media,fake
enabled_power_interfaces = redfish,fake
enabled_management_interfaces = redfish,fake
enabled_bios_interfaces = no-bios
enabled_firmware_interfaces = no-firmware
enabled_inspect_interfaces = redfish,no-inspect
enabled_raid_interfaces = no-raid
enabled_vendor_interfaces = no-vendor
enabled_console_interfaces = no-console
enabled_network_interfaces = noop
default_network_interface = noop

[api]
host_ip = {address}
port = {port}
api_workers = 1

[database]
connection = sqlite:///{directory}/ironic.sqlite

[dhcp]
dhcp_provider = none

[conductor]
automated_clean = false

[deploy]
http_root = {directory}/http
http_url = http://{address}:1/

[pxe]
tftp_root = {directory}/tftp
tftp_master_path = {directory}/tftp/master
images_path = {directory}/images
instance_master_path = {directory}/images/master
"""


def venv_path() -> Path:
    """Where the virtual environment of the pinned version is, for this python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = "-".join([*(p.replace("==", "-") for p in PINNED), f"py{sys.version_info[0]}.{sys.version_info[1]}"])
    return cache / "metalctl" / "ironic-venv" / key


def install() -> Path:
    """The virtual environment, made at first use; two that come together make it once."""
    target = venv_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(target.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(target)], check=True)
            pip = [str(target / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PINNED]
            done = subprocess.run(pip, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"Ironic could not be installed:\n{done.stderr[-3000:]}")
            (target / "ready").touch()
    return target


def up(directory: Path, address: str, port: int) -> dict[str, object]:
    """Start it and wait until both its drivers are served; raises SystemExit with the end of its log."""
    binaries = install() / "bin"
    directory = directory.absolute()
    for name in (".", "http", "tftp/master", "images/master"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    config = directory / "ironic.conf"
    config.write_text(CONFIG.format(directory=directory, address=address, port=port))
    with (directory / "out.log").open("ab") as out:
        if not (directory / "ironic.sqlite").exists():
            schema = [str(binaries / "ironic-dbsync"), "--config-file", str(config), "create_schema"]
            subprocess.run(schema, check=True, stdout=out, stderr=out)
        command = [str(binaries / "ironic"), "--config-file", str(config)]
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    (directory / "ironic.pid").write_text(f"{process.pid}\n")
    url = f"http://{address}:{port}"
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _drivers(url) == {"redfish", "fake-hardware"}:
            return {"url": url, "pid": process.pid, "log": str(directory / "ironic.log")}
        time.sleep(0.3)
    down(directory)
    raise SystemExit(f"Ironic did not start:\n{(directory / 'out.log').read_text()[-3000:]}")


def down(directory: Path) -> None:
    """Stop it, by the pid that `up` wrote; nothing to do when it is not running."""
    file = directory / "ironic.pid"
    if not file.exists():
        return
    pid = int(file.read_text())
    # `up` made it the leader of a session of its own, so the group is all of it and nothing else.
    for wanted, seconds in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, wanted)
        deadline = time.monotonic() + seconds
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
    file.unlink()


def _alive(group: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _drivers(url: str) -> set[str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/v1/drivers", timeout=2) as answer:
            return {driver["name"] for driver in json.load(answer)["drivers"]}
    except (OSError, ValueError, urllib.error.URLError):
        return set()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["install", "up", "down"])
    parser.add_argument("--dir", type=Path, default=Path("ironic"))
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6385)
    given = parser.parse_args()
    if given.action == "install":
        said: object = {"venv": str(install())}
    elif given.action == "up":
        said = up(given.dir, given.address, given.port)
    else:
        said = {"stopped": str(given.dir)}
        down(given.dir)
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
