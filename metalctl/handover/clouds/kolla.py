"""kolla-ansible: a multinode inventory, and host_vars for each node.

    kolla-ansible bootstrap-servers -i DIRECTORY/kolla/multinode

Controllers become [control], [network] and [monitoring], compute nodes [compute], storage nodes [storage]; the
service groups follow (metalctl.handover.kolla_groups). host_vars/NODE.yml says where the node is,
`network_interface` (the bond, else the first port with a link), `neutron_external_interface` (the first port in no
bond, on controllers and compute nodes, if there is one), and under `metalctl:` what it is: enrollment, profile,
serial, bond, disks by role with stable paths, emulated or not.

Source: https://docs.openstack.org/kolla-ansible/latest/user/multinode.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metalctl.content import yaml
from metalctl.handover.base import Handed, Settings, require_accepted
from metalctl.handover.compare import absent, compare, warning
from metalctl.handover.errors import HandoverError, Incomplete
from metalctl.handover.facts import address, bond_name, host, paths, spare_ports
from metalctl.handover.files import locked, read_documents, read_fragment, write
from metalctl.handover.kolla_groups import HOST_GROUPS, own_groups, read_groups, render
from metalctl.model.codec import encode
from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding

_HEADER = "# Written by metalctl; its own changes go to host_vars/. Try: ansible-inventory -i THIS --graph\n\n"


def hand_over(dossiers: Sequence[Dossier], settings: Settings) -> Handed:
    """Write host_vars of these nodes, and multinode of all that were ever handed over here."""
    require_accepted(dossiers)
    texts = {host(d): yaml.dump(host_vars(d)) for d in dossiers}
    folder = settings.directory / "kolla"
    with locked(folder):
        artifacts = [write(folder / "host_vars" / f"{name}.yml", text, "kolla") for name, text in texts.items()]
        roles = _roles(folder)
        artifacts.append(write(folder / "multinode", _inventory(roles, settings), "kolla"))
    counted = ", ".join(f"{sum(r == role for r in roles.values())} {role}" for role in sorted(set(roles.values())))
    return Handed("kolla", tuple(artifacts), f"{counted} in {folder / 'multinode'}")


def preview(dossiers: Sequence[Dossier], settings: Settings) -> str:
    """host_vars of these nodes, then an inventory of these alone."""
    texts = [f"# host_vars/{host(d)}.yml\n{yaml.dump(host_vars(d))}" for d in dossiers]
    return "\n".join([*texts, "# multinode", _inventory({d.node: d.role for d in dossiers}, settings)])


def read_back(dossier: Dossier, settings: Settings) -> tuple[Finding, ...]:
    """Read host_vars and multinode again and hold them against the dossier."""
    folder = settings.directory / "kolla"
    file = folder / "host_vars" / f"{host(dossier)}.yml"
    remedy = f"run: metalctl handover kolla {dossier.node}"
    found = read_documents(file)
    if not found:
        return (absent("kolla", dossier, str(file), remedy),)
    wanted = host_vars(dossier)
    findings = compare("kolla", dossier, wanted, _mapping(found[0], file), str(file), remedy)
    groups = _groups_of(folder / "multinode", dossier.node)
    held = {"groups": [name for name, roles in HOST_GROUPS.items() if dossier.role in roles]}
    findings += compare("kolla", dossier, held, {"groups": groups}, str(folder / "multinode"), remedy)
    if dossier.role != "storage" and "neutron_external_interface" not in wanted:
        expected, got = "a port for provider networks", "every port with a link is in a bond"
        how = "cable one more port, or set neutron_external_interface to a VLAN of the bond"
        findings += (warning("kolla", "neutron_external_interface", dossier, expected, got, how),)
    return findings


def host_vars(dossier: Dossier) -> dict[str, Any]:
    """The variables of one node. Incomplete when it has no address or no interface."""
    if not any(dossier.role in roles for roles in HOST_GROUPS.values()):
        raise Incomplete(f"{dossier.node}: no group for the role {dossier.role!r}", hint="correct its profile")
    spare = [nic.name for nic in spare_ports(dossier)]
    interface = bond_name(dossier) or (spare.pop(0) if spare else "")
    if not interface:
        raise Incomplete(f"{dossier.node} has no bond and no port with a link", hint="look at its cabling")
    found: dict[str, Any] = {"ansible_host": address(dossier), "network_interface": interface}
    if spare and dossier.role != "storage":
        found["neutron_external_interface"] = spare[0]
    about: dict[str, Any] = {
        "role": dossier.role,
        "profile": dossier.profile,
        "enrollment": dossier.enrollment,
        "serial": dossier.identity.serial,
        "emulated": dossier.emulated,
        "bonds": encode(dossier.bonds),
        "disks": {role: paths(dossier, role) for role in sorted(dossier.disk_roles) if role != "os"},
    }
    return found | {"metalctl": about}


def _inventory(roles: dict[str, str], settings: Settings) -> str:
    groups = read_groups(settings.kolla_inventory) if settings.kolla_inventory else own_groups()
    hosts = {group: sorted(n for n, role in roles.items() if role in held) for group, held in HOST_GROUPS.items()}
    return _HEADER + render(groups, dict(hosts))


def _roles(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted((folder / "host_vars").glob("*.yml")):
        variables = _mapping(next(iter(read_fragment(path)), None), path)
        about = variables.get("metalctl")
        if isinstance(about, dict) and isinstance(about.get("role"), str):
            found[path.stem] = about["role"]
    return found


def _mapping(value: Any, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HandoverError(f"{path} holds no variables", hint="remove it and hand over again")
    return value


def _groups_of(multinode: Path, node: str) -> list[str]:
    groups, current = [], ""
    for line in multinode.read_text().splitlines() if multinode.exists() else []:
        if line.startswith("["):
            current = line.strip("[]")
        elif line.split()[:1] == [node]:
            groups.append(current)
    return groups
