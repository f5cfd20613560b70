"""The rack's own libvirtd: started, its nodes defined, their power read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metalctl.lab.errors import LabError
from metalctl.lab.rack import domain, parts, sandbox, smbios
from metalctl.lab.rack.parts import PartState
from metalctl.lab.rack.paths import LabPaths
from metalctl.lab.rack.plan import Plan, PlannedNode

_LIBVIRTD = """\
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
"""
_QEMU = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
"""
_POOL = "<pool type='dir'><name>default</name><target><path>{}</path></target></pool>"


def start(paths: LabPaths) -> None:
    """Starts libvirtd with a configuration of its own and, for virtual media, a storage pool."""
    etc = sandbox.etc_libvirt(paths)
    (etc / "libvirtd.conf").write_text(_LIBVIRTD)
    (etc / "qemu.conf").write_text(_QEMU)
    parts.start(paths, "libvirtd", sandbox.command(paths, ["libvirtd"]))
    parts.wait(paths, "libvirtd", lambda: _answers(paths))
    pool = paths.state / "pool"
    pool.mkdir()
    with connection(paths) as libvirt:
        libvirt.storagePoolDefineXML(_POOL.format(pool), 0).create(0)


def define(paths: LabPaths, rack: Plan, accelerator: str) -> None:
    """Makes every node's disks and domain; the nodes are off."""
    with connection(paths) as libvirt:
        for node in rack.nodes:
            _make_files(node)
            libvirt.defineXML(domain.build(node, accelerator))


def redefine(paths: LabPaths, node: PlannedNode, accelerator: str) -> None:
    """Makes the node what is planned now; it is off then. Disks of the planned size keep what is on them."""
    with connection(paths) as libvirt:
        known = libvirt.lookupByName(node.domain)
        if known.isActive():
            known.destroy()
        _make_files(node)
        libvirt.defineXML(domain.build(node, accelerator))


def _make_files(node: PlannedNode) -> None:
    node.directory.mkdir(parents=True, exist_ok=True)
    node.console_log.touch()
    if node.node.firmware == "uefi" and not node.nvram.exists():
        shutil.copyfile(domain.OVMF_VARS, node.nvram)
    for path, table in zip(node.memory_tables, smbios.structures(node.node, node.serial), strict=True):
        path.write_bytes(table)
    for disk in node.disks:
        if not disk.path.exists() or disk.path.stat().st_size != disk.disk.size:
            with disk.path.open("wb") as file:
                file.truncate(disk.disk.size)


@contextmanager
def connection(paths: LabPaths) -> Iterator[Any]:
    """A connection to the rack's libvirtd. A failure of libvirt's becomes a `LabError`."""
    import libvirt

    libvirt.registerErrorHandler(lambda _context, _error: None, None)  # by default it writes to stderr
    try:
        opened = libvirt.open(paths.libvirt_uri)
    except libvirt.libvirtError as error:
        raise LabError(f"libvirtd does not answer: {error}", hint="see `metalctl lab status`") from error
    try:
        yield opened
    except libvirt.libvirtError as error:
        raise LabError(f"libvirt: {error}", hint="see `metalctl lab status` and the lab's log/libvirtd.log") from error
    finally:
        opened.close()


def _answers(paths: LabPaths) -> bool:
    if not paths.libvirt_socket.exists():
        return False
    try:
        with connection(paths):
            return True
    except LabError:
        return False


def nodes(paths: LabPaths, domains: list[str]) -> list[PartState]:
    """The nodes as parts named `node-NAME`: running, off, or dead (QEMU crashed or could not start)."""
    try:
        with connection(paths) as libvirt:
            return [_node(paths, libvirt, name) for name in domains]
    except LabError:  # status must speak even so: what the pid files tell is still true
        return [_by_pid_file(paths, name) for name in domains]


def _node(paths: LabPaths, connected: Any, name: str) -> PartState:
    import libvirt

    state, reason = connected.lookupByName(name).state()
    part = f"node-{name}"
    if state == libvirt.VIR_DOMAIN_CRASHED:
        return PartState(part, None, "dead", _qemu_log(paths, name))
    if state == libvirt.VIR_DOMAIN_SHUTOFF:
        gone = reason in (libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, libvirt.VIR_DOMAIN_SHUTOFF_FAILED)
        return PartState(part, None, "dead", _qemu_log(paths, name)) if gone else PartState(part, None, "off")
    return PartState(part, _pid(paths, name), "running")


def _by_pid_file(paths: LabPaths, name: str) -> PartState:
    pid = _pid(paths, name)
    running = pid is not None and parts.start_time(pid) is not None
    return PartState(f"node-{name}", pid if running else None, "running" if running else "off")


def _pid(paths: LabPaths, name: str) -> int | None:
    try:
        return int((paths.run / "libvirt" / "qemu" / f"{name}.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _qemu_log(paths: LabPaths, name: str) -> str:
    path: Path = paths.state / "root" / "var-log-libvirt" / "qemu" / f"{name}.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-6:]) if path.exists() else ""
