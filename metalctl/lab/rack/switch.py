"""The top-of-rack switch: Open vSwitch in user space, one tap a node NIC, an LACP bond a node, lldpd on the ports.

The bond falls back to active-backup while the node speaks no LACP, so that its firmware can PXE-boot; it takes the
first NIC then. Two switches are one Open vSwitch with two names: a pair that speaks LACP as one (MLAG) looks no
different from the node's side. The provisioner is on the bridge's own port; it has an IPv6 address so that a DHCP
server may send router advertisements: iPXE waits 8 to 13 s for one, each time it starts.
"""

from __future__ import annotations

from metalctl.lab.rack import netns, parts, plan, sandbox
from metalctl.lab.rack.command import run
from metalctl.lab.rack.paths import LabPaths

_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_OVS_RUN = "/run/openvswitch"
_DATABASE = f"unix:{_OVS_RUN}/db.sock"
_QUIET = ["-vsyslog:off", "-vconsole:info"]


def start(paths: LabPaths, rack: plan.Plan) -> None:
    """Brings the switch up with every port of the rack."""
    _start_database(paths)
    _start_switch(paths)
    _add_addresses(paths, rack)
    _add_taps(paths, rack)
    for node in rack.nodes:
        _connect(paths, node)
    _start_lldp(paths, rack)


def _start_database(paths: LabPaths) -> None:
    database = paths.state / "switch.db"
    run(["ovsdb-tool", "create", str(database), _SCHEMA])
    argv = ["ovsdb-server", str(database), f"--remote=p{_DATABASE}", f"--unixctl={_OVS_RUN}/ovsdb.ctl", *_QUIET]
    parts.start(paths, "ovsdb-server", sandbox.command(paths, argv))
    parts.wait(paths, "ovsdb-server", (paths.run / "openvswitch" / "db.sock").exists)
    _vsctl(paths, "--no-wait", "init")


def _start_switch(paths: LabPaths) -> None:
    argv = ["ovs-vswitchd", _DATABASE, f"--unixctl={_OVS_RUN}/ovs-vswitchd.ctl", *_QUIET]
    parts.start(paths, "ovs-vswitchd", sandbox.command(paths, argv))
    parts.wait(paths, "ovs-vswitchd", (paths.run / "openvswitch" / "ovs-vswitchd.ctl").exists)
    bridge = plan.BOOT_INTERFACE
    _vsctl(
        paths,
        *("add-br", bridge, "--", "set", "Bridge", bridge, "datapath_type=netdev"),
        *("--", "set", "Interface", bridge, f"mtu_request={plan.MTU}"),
    )


def _add_addresses(paths: LabPaths, rack: plan.Plan) -> None:
    """The provisioner's address, and one address a BMC on a tap of its own: a tap needs no kernel module but tun's."""
    bits = plan.BOOT_NETWORK.split("/")[1]
    _ip(paths, "address", "add", f"{plan.PROVISIONER}/{bits}", "dev", plan.BOOT_INTERFACE)
    run(
        netns.inside(
            paths.namespace, ["sh", "-c", f"echo 0 > /proc/sys/net/ipv6/conf/{plan.BOOT_INTERFACE}/disable_ipv6"]
        )
    )
    _ip(paths, "address", "add", f"{plan.PROVISIONER6}/64", "dev", plan.BOOT_INTERFACE, "nodad")
    _ip(paths, "link", "set", plan.BOOT_INTERFACE, "up")
    _ip(paths, "tuntap", "add", "dev", plan.BMC_INTERFACE, "mode", "tap")
    _ip(paths, "link", "set", plan.BMC_INTERFACE, "up")
    for node in rack.nodes:
        _ip(paths, "address", "add", f"{node.bmc_address}/24", "dev", plan.BMC_INTERFACE)


def _add_taps(paths: LabPaths, rack: plan.Plan) -> None:
    for number, port in enumerate((port for node in rack.nodes for port in node.ports), start=1):
        _ip(paths, "tuntap", "add", "dev", port, "mode", "tap")
        # A fixed address: the switch's LLDP chassis and LACP identity stay the same from one `up` to the next.
        mac = f"02:00:5e:00:{number // 256:02x}:{number % 256:02x}"
        _ip(paths, "link", "set", port, "address", mac, "mtu", str(plan.MTU), "up")


def _connect(paths: LabPaths, node: plan.PlannedNode) -> None:
    bridge = plan.BOOT_INTERFACE
    if len(node.ports) == 1:
        _vsctl(paths, "add-port", bridge, node.ports[0])
        return
    settings = [
        "bond_mode=balance-tcp",
        "lacp=active",
        "other_config:lacp-time=fast",
        "other_config:lacp-fallback-ab=true",
        f"other_config:bond-primary={node.ports[0]}",
    ]
    _vsctl(paths, "add-bond", bridge, f"bond-{node.node.name}", *node.ports, *settings)


def _start_lldp(paths: LabPaths, rack: plan.Plan) -> None:
    """One lldpd a switch, on its own ports."""
    cables = [cable for node in rack.nodes for cable in zip(node.switches, node.ports, strict=True)]
    for name in sorted({switch for switch, _ in cables}):
        _announce(paths, name, sorted((port for switch, port in cables if switch == name), key=_number))


def _number(port: str) -> int:
    return int(port.removeprefix("swp"))


def _announce(paths: LabPaths, name: str, ports: list[str]) -> None:
    # lldpcli, which reads it, runs as lldpd's own user: it must be able to get there, so not under the state directory.
    config = paths.run / f"lldpd-{name}.conf"
    config.write_text(
        f"configure system hostname {name}\n"
        "configure system capabilities enabled bridge\n"
        "configure lldp portidsubtype ifname\n"
        "configure lldp tx-interval 5\n"
    )
    config.chmod(0o644)
    socket = f"lldpd-{name}.socket"
    # The chassis is known by the address of the switch's first port.
    argv = ["lldpd", "-d", "-I", ",".join(ports), "-C", ports[0], "-S", "metalctl emulated switch"]
    part = f"lldpd-{name}"
    parts.start(paths, part, sandbox.command(paths, [*argv, "-u", f"/run/{socket}", "-O", f"/run/{config.name}"]))
    parts.wait(paths, part, (paths.run / socket).exists)


def _ip(paths: LabPaths, *words: str) -> None:
    run(["ip", "-n", paths.namespace, *words])


def _vsctl(paths: LabPaths, *words: str) -> str:
    return run(sandbox.command(paths, ["ovs-vsctl", f"--db={_DATABASE}", "--timeout=30", *words]))
