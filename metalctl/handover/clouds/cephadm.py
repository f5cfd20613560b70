"""cephadm: a host spec and an OSD spec a node, by stable device paths.

    ceph orch apply -i DIRECTORY/cephadm/cluster.yaml --dry-run

Disks of the role `data` become OSDs; those of the roles `wal` or `db` carry their RocksDB. The disk with the
operating system is never among them, and no kernel name (sdb) is: it may be another disk after the next boot.
Storage nodes are labelled `osd`, controllers `mon` and `mgr`; compute nodes are left out.

Source: https://docs.ceph.com/en/latest/cephadm/services/osd/ and .../host-management/
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metalctl.content import yaml
from metalctl.handover.base import Handed, Settings, require_accepted
from metalctl.handover.compare import absent, compare
from metalctl.handover.errors import HandoverError, Incomplete
from metalctl.handover.facts import address, host, is_stable, paths
from metalctl.handover.files import locked, read_documents, read_fragment, write
from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict

LABELS = {"storage": ["osd"], "controller": ["mon", "mgr"]}
_HEADER = "# Written by metalctl. Apply: ceph orch apply -i THIS --dry-run\n"


def hand_over(dossiers: Sequence[Dossier], settings: Settings) -> Handed:
    """Write hosts/NODE.yaml for each node and cluster.yaml for all that were ever handed over here."""
    require_accepted(dossiers)
    fragments = {host(d): _text(documents(d)) for d in dossiers if d.role in LABELS}
    folder = settings.directory / "cephadm"
    with locked(folder):
        artifacts = [write(folder / "hosts" / f"{name}.yaml", text, "cephadm") for name, text in fragments.items()]
        files = sorted((folder / "hosts").glob("*.yaml"))
        everything = [doc for path in files for doc in read_fragment(path)]
        problems = check(everything)
        if problems:
            raise HandoverError(f"{folder}: {problems[0]}", hint="fix or remove that host's file", problems=problems)
        artifacts.append(write(folder / "cluster.yaml", _HEADER + "".join(map(_whole, files)), "cephadm"))
    osds = sum(len(d["spec"]["data_devices"]["paths"]) for d in everything if d["service_type"] == "osd")
    hosts = sum(1 for d in everything if d["service_type"] == "host")
    return Handed("cephadm", tuple(artifacts), f"{hosts} hosts, {osds} OSDs in {folder / 'cluster.yaml'}")


def preview(dossiers: Sequence[Dossier], settings: Settings) -> str:
    """The documents of these nodes."""
    return _text([doc for d in dossiers for doc in documents(d)])


def read_back(dossier: Dossier, settings: Settings) -> tuple[Finding, ...]:
    """Read cluster.yaml again: shape of the whole file, and this node's documents."""
    file = settings.directory / "cephadm" / "cluster.yaml"
    if dossier.role not in LABELS:
        said = f"{dossier.role} nodes are not part of a Ceph cluster"
        return (Finding("handover.cephadm", Verdict.SKIP, "", said, dossier.node),)
    remedy = f"run: metalctl handover cephadm {dossier.node}"
    found = read_documents(file)
    if problems := check(found):
        return (
            Finding(
                "handover.cephadm.shape", Verdict.FAIL, "a valid file", problems[0], dossier.node, str(file), remedy
            ),
        )
    mine = _of_host(found, dossier.node)
    if not mine:
        return (absent("cephadm", dossier, str(file), remedy),)
    return compare("cephadm", dossier, _of_host(documents(dossier), dossier.node), mine, str(file), remedy)


def documents(dossier: Dossier) -> list[dict[str, Any]]:
    """The specs of one node; none for a role that has no part in Ceph."""
    if dossier.role not in LABELS:
        return []
    name = host(dossier)
    found = [{"service_type": "host", "hostname": name, "addr": address(dossier), "labels": LABELS[dossier.role]}]
    return [*found, _osd(dossier)] if dossier.role == "storage" else found


def check(found: Sequence[Any]) -> list[str]:
    """What is wrong with these documents, one sentence each: shape, repeated hosts and devices, unstable names."""
    problems, seen = [], set()
    for document in found:
        if not isinstance(document, dict) or document.get("service_type") not in ("host", "osd"):
            problems.append(f"not a host or osd spec: {str(document)[:60]}")
            continue
        key = document.get("hostname") or document.get("service_id")
        if not isinstance(key, str) or (document["service_type"], key) in seen:
            problems.append(f"{document['service_type']} spec without a name, or twice: {key}")
        seen.add((document["service_type"], str(key)))
        if document["service_type"] == "osd":
            problems += _check_osd(document, str(key))
    return problems


def _osd(dossier: Dossier) -> dict[str, Any]:
    data, fast = paths(dossier, "osd", "data"), paths(dossier, "wal", "db")
    if not data:
        what = f"{dossier.node} has no disk of the role osd (or data)"
        raise Incomplete(what, hint="does the profile have one?", node=dossier.node)
    spec: dict[str, Any] = {"data_devices": {"paths": data}}
    if fast:
        spec["db_devices"] = {"paths": fast}
    return {
        "service_type": "osd",
        "service_id": f"metalctl-{dossier.node}",
        "placement": {"hosts": [dossier.node]},
        "spec": spec,
    }


def _check_osd(document: dict[str, Any], name: str) -> list[str]:
    try:
        devices = [p for part in document["spec"].values() for p in part["paths"]]
        hosts = document["placement"]["hosts"]
    except (KeyError, TypeError, AttributeError):
        return [f"{name}: no placement.hosts, or devices without paths"]
    problems = [f"{name}: {p} is not a stable device path" for p in devices if not is_stable(str(p))]
    if len(set(map(str, devices))) != len(devices):
        problems.append(f"{name}: a device is named twice")
    if not isinstance(hosts, list) or len(hosts) != 1:
        problems.append(f"{name}: device paths hold for one host only, placed on {hosts}")
    return problems


def _of_host(found: Sequence[dict[str, Any]], node: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for document in found:
        if document.get("hostname") == node:
            facts |= {"addr": document.get("addr"), "labels": document.get("labels")}
        elif document.get("placement", {}).get("hosts") == [node]:
            facts |= {kind: part["paths"] for kind, part in document["spec"].items()}
    return facts


def _whole(file: Path) -> str:
    """A fragment as it stands, also where somebody wrote it by hand."""
    text = file.read_text()
    begin, end = "" if text.startswith("---") else "---\n", "" if text.endswith("\n") else "\n"
    return f"{begin}{text}{end}"


def _text(found: Sequence[dict[str, Any]]) -> str:
    return "".join(f"---\n{yaml.dump(document)}" for document in found)
