"""Ironic: the node is enrolled, described and brought to `manageable`, through openstacksdk.

    metalctl handover ironic --ironic http://ironic.example.net:6385 compute-01

Settings: ironic: {url: …}. Written: driver (redfish, or ipmi) with its driver_info, properties (cpus, memory_mb,
local_gb, cpu_arch, root_device by serial, capabilities), resource class `baremetal-PROFILE`, traits, and a port for
every NIC with the switch and port that LLDP told. A node that is there already is brought up to date, never doubled;
properties and traits that others gave it stay. A node that is in use (`active`, `deploying`, …), or that is another
machine under the same name, is left alone: InUse.

The BMC's password goes from the credential's source to Ironic; it is in no file, log, artifact or preview of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metalctl.content import yaml
from metalctl.handover import ironic_api, ironic_node
from metalctl.handover.base import Handed, Settings, require_accepted
from metalctl.handover.compare import absent, compare, warning
from metalctl.handover.errors import HandoverError, InUse, NotConfigured
from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding
from metalctl.model.identity import usable_uuid
from metalctl.model.uuids import same_uuid
from metalctl.model.verdict import Verdict


def hand_over(dossiers: Sequence[Dossier], settings: Settings) -> Handed:
    """Enroll or update each node; returns once each was seen `manageable` (or `available`)."""
    require_accepted(dossiers)
    told = []
    for dossier in dossiers:
        with ironic_api.ironic(settings) as api:
            told.append(f"{dossier.node} {_one(api, dossier, settings)}")
    return Handed("ironic", (), f"{settings.ironic_url or settings.cloud}: {', '.join(told)}")


def preview(dossiers: Sequence[Dossier], settings: Settings) -> str:
    """What Ironic would be told, without the credential."""
    return "".join(f"---\n{yaml.dump(_described(d, settings))}" for d in dossiers)


def read_back(dossier: Dossier, settings: Settings) -> tuple[Finding, ...]:
    """GET the node, its ports and traits, and hold them against the dossier."""
    remedy = f"it was changed in Ironic; run: metalctl handover ironic {dossier.node}"
    with ironic_api.ironic(settings) as api:
        node = ironic_api.find(api, dossier.node)
        if node is None:
            return (absent("ironic", dossier, "ironic", f"run: metalctl handover ironic {dossier.node}"),)
        ports, source = ironic_api.ports_of(api, node.id), f"ironic nodes/{node.id}"
    wanted = ironic_node.node(dossier, settings)
    findings = compare("ironic", dossier, _flat(wanted), _flat(_as_dict(node, wanted)), source, remedy)
    link = {f"port {mac}": fields for mac, fields in ironic_node.ports(dossier).items()}
    there = {f"port {mac}": {k: getattr(p, _FIELDS.get(k, k)) for k in _PORT} for mac, p in ports.items()}
    findings += compare("ironic", dossier, link, there, f"{source}/ports", remedy)
    given = dict.fromkeys(node.traits or (), True)
    wanted_traits = dict.fromkeys(ironic_node.traits(dossier), True)
    findings += _renamed(compare("ironic", dossier, wanted_traits, given, f"{source}/traits", remedy))
    return (*findings, _state(dossier, node, source), *_uncabled(dossier))


_PORT = ("address", "pxe_enabled", "local_link_connection")
_FIELDS = {"pxe_enabled": "is_pxe_enabled"}


def _one(api: Any, dossier: Dossier, settings: Settings) -> str:
    wanted = ironic_node.node(dossier, settings)
    wanted["driver_info"] |= _credential(dossier, settings)
    node = ironic_api.find(api, dossier.node)
    _require_free_ports(api, dossier, node.id if node else "")
    if node is None:
        node, how = api.create_node(provision_state="enroll", **wanted), "enrolled"
    else:
        _require_ours(dossier, node)
        node, how = api.update_node(node, **_merged(node, wanted)), "updated"
    _write_ports(api, dossier, node)
    _write_traits(api, dossier, node)
    if node.provision_state not in ironic_api.MANAGED:
        node = api.set_node_provision_state(node, "manage", wait=True, timeout=settings.timeout)
    return f"{how}, {node.provision_state}"


def _credential(dossier: Dossier, settings: Settings) -> dict[str, str]:
    if settings.credentials is None:
        raise NotConfigured("Ironic needs the credential of the BMC", hint="give where credentials are resolved")
    return ironic_node.credential_fields(dossier, *settings.credentials(dossier.credential))


def _require_ours(dossier: Dossier, node: Any) -> None:
    hint = "rename one of them, or remove the node from Ironic"
    stated = ((node.extra or {}).get("metalctl") or {}).get("uuid")
    ours = usable_uuid(dossier.identity.uuid)
    if ours and usable_uuid(str(stated or "")) and not same_uuid(str(stated), ours):
        what = f"{dossier.node} in Ironic is another machine: UUID {stated} is not {dossier.identity.uuid}"
        raise InUse(what, hint=hint, node=dossier.node)
    if node.provision_state not in ironic_api.WRITABLE or node.instance_id:
        what = f"{dossier.node} is in use in Ironic ({node.provision_state}): it is left alone"
        raise InUse(what, hint="release it there first", node=dossier.node)


def _require_free_ports(api: Any, dossier: Dossier, node_id: str) -> None:
    for mac in ironic_node.ports(dossier):
        others = [p.node_id for p in api.ports(details=True, address=mac) if p.node_id != node_id]
        if others:
            what = f"port {mac} belongs to the Ironic node {others[0]} already, not to {dossier.node}"
            raise InUse(what, hint="remove that port in Ironic if the card was moved", node=dossier.node)


def _merged(node: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    kept = {name: {**(getattr(node, name) or {}), **wanted[name]} for name in ("properties", "driver_info", "extra")}
    return {name: value for name, value in wanted.items() if name != "name"} | kept


def _write_ports(api: Any, dossier: Dossier, node: Any) -> None:
    there = ironic_api.ports_of(api, node.id)
    for mac, fields in ironic_node.ports(dossier).items():
        sent = {_FIELDS.get(k, k): v for k, v in fields.items()}
        if mac in there:
            api.update_port(there[mac], **sent)
        else:
            api.create_port(node_id=node.id, **sent)


def _write_traits(api: Any, dossier: Dossier, node: Any) -> None:
    wanted = ironic_node.traits(dossier)
    given = set(api.get_node(node.id).traits or ())
    for trait in sorted(set(wanted) - given):
        api.add_node_trait(node, trait)
    for trait in sorted(t for t in given if ironic_node.stale(t, wanted)):
        api.remove_node_trait(node, trait)


def _described(dossier: Dossier, settings: Settings) -> dict[str, Any]:
    found = ironic_node.node(dossier, settings)
    found["driver_info"] |= ironic_node.credential_fields(dossier, f"from {dossier.credential}", "********")
    return found | {"traits": ironic_node.traits(dossier), "ports": list(ironic_node.ports(dossier).values())}


def _as_dict(node: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    found = {name: getattr(node, name, None) for name in wanted}
    if found["extra"] is None or not isinstance(found["properties"], dict):
        raise HandoverError(f"Ironic's answer for {node.name} cannot be read", hint="is this Ironic's API?")
    return found


def _flat(node: dict[str, Any]) -> dict[str, Any]:
    nested = {f"{group}.{key}": value for group in ("properties", "driver_info") for key, value in node[group].items()}
    about = (node["extra"] or {}).get("metalctl")
    return {"driver": node["driver"], "resource_class": node["resource_class"], "extra.metalctl": about} | nested


def _renamed(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    from dataclasses import replace

    return tuple(replace(f, requirement=f.requirement.replace("ironic.", "ironic.trait.", 1)) for f in findings)


def _state(dossier: Dossier, node: Any, source: str) -> Finding:
    good = node.provision_state in ironic_api.MANAGED or node.provision_state == "active"
    said = f"{node.provision_state}{', in maintenance' if node.is_maintenance else ''}"
    remedy = f"Ironic says: {node.last_error or node.maintenance_reason or 'nothing'}; can it reach the BMC?"
    bad = not good or node.is_maintenance
    return Finding(
        "handover.ironic.provision_state",
        Verdict.FAIL if bad else Verdict.PASS,
        "manageable or beyond",
        said,
        dossier.node,
        source,
        remedy if bad else "",
    )


def _uncabled(dossier: Dossier) -> tuple[Finding, ...]:
    labels = ironic_node.uncabled(dossier)
    if not labels:
        return ()
    how = "turn LLDP on at the switch, or fill local_link_connection in by hand"
    return (warning("ironic", "cabling", dossier, "LLDP on every port with a link", ", ".join(labels), how),)
