"""Profiles: what a server of a role must be, written in YAML, read with every mistake named by file and line.

    name: compute                     # may be left out: the file's name counts
    role: compute                     # controller, compute or storage
    summary: OpenStack hypervisor
    extends: base                     # mappings merge, lists replace, ~ takes an inherited key away
    requires:
      cpu:    {cores: ">= 64", threads: ">= 128", virtualization: [vt-x, amd-v], kvm: true, iommu: true, uniform: true}
      memory: {total: ">= 512 GiB", dimms: "8..32", balanced: true, channels: true, ecc: true, reserved: 2 %}
      disks:
        - {role: os, kind: [ssd, nvme], count: ">= 1", size: ">= 200 GB", healthy: true, full_link: true}
      network:
        bonds: [{name: bond0, members: 2, speed: ">= 25 Gb/s", mode: 802.3ad, mtu: 9000, distinct_cards: true}]
        nics:  [{count: ">= 1", speed: ">= 1 Gb/s"}]
      boot_mode: uefi
      power: {supplies: ">= 2", capacity: ">= 800 W"}
      bmc: {clock: 60 s}
      firmware: {bios: {dell-r750: ">= 1.9.2", any: ">= 1.0"}, nic: {connectx-6-dx: ">= 22.31"}}
      settings: {ProcTurboMode: Enabled}
      cabling: [{port: ens1f0, switch: tor-a, switch_port: swp*}]
    when:                             # the first that fits the machine is laid over requires
      - {vendor: hpe, model: dl325, requires: {memory: {total: ">= 256 GiB"}}}
    waivers: [{requirement: memory.channels, who: ops, why: spare on order, until: 2027-01-31}]
    warnings: [disks.osd.uniform]     # told, but not blocking
    drives: {"*MZQL2*": {endurance: 1, power_loss_protection: true}}   # what data sheets say
    checks:  {nvme-randread: {min_iops: 400k, max_p99: 2 ms}, virtualization: {}}
    burn_in: [virtualization, nvme-randread]      # names out of checks
    accept:  [virtualization]
    install: {os: debian-12, root_disk: os}

Numbers are written as people write them: `12`, `>= 64`, `16..32`; GiB and GB differ.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from metalctl.content import paths
from metalctl.content.errors import ContentError, Place, Problem, ProfileError
from metalctl.content.inventories import Sides
from metalctl.content.profiles import _cloud_name, _where, _write
from metalctl.content.profiles._crossref import references
from metalctl.content.profiles._difference import Difference, differences
from metalctl.content.profiles._extend import SUFFIX, available, locate, resolved
from metalctl.content.profiles._record import json_schema
from metalctl.content.profiles._schema import profile_of
from metalctl.content.profiles._sense import nonsense
from metalctl.content.suggest import suggest
from metalctl.content.yaml import Mapping, short
from metalctl.model.codec import encode
from metalctl.model.profile import Profile

__all__ = [
    "Difference",
    "Problem",
    "ProfileError",
    "check",
    "difference",
    "from_machines",
    "json_schema",
    "load",
    "names",
    "where",
]


def names() -> list[str]:
    """Every profile on the content path, sorted: "compute", "lab/compute", …"""
    return available()


def load(name_or_path: str | Path) -> Profile:
    """The profile of that name on the content path, or in that file (a name that ends in .yaml or is a Path).

    Raises ProfileError (a UsageError) that holds every mistake, or that suggests a name.
    """
    path, name = _find(name_or_path)
    problems: list[Problem] = []
    profile = _read(path, name, problems)
    if profile is None or problems:
        raise ProfileError(name, _ordered(problems))
    return profile


def check(path: str | Path) -> list[Problem]:
    """Every mistake of the profile in that file (or of that name); what it names must exist too."""
    path, name = _find(path)
    problems: list[Problem] = []
    _read(path, name, problems, cross=True)
    return _ordered(problems)


def where(name_or_path: str | Path, requirement: str) -> Place | None:
    """The place of what asks for a requirement (`memory.balanced`, `disks.osd.count`); None where nothing does.

    Raises ProfileError where the profile cannot be read.
    """
    return _where.where(_tree(name_or_path), requirement)


def difference(a: str | Path, b: str | Path) -> list[Difference]:
    """What two profiles ask differently, after `extends`. Raises ProfileError where one of them has a mistake."""
    for name in (a, b):
        load(name)
    return differences(_tree(a), _tree(b))


def from_machines(machines: list[Sides], role: str, name: str, tolerance: float = 0.01) -> str:
    """The YAML of a profile that extends the role's and that every one of the machines fits.

    tolerance: a fraction, on sizes and powers. Raises GoldenError where a machine has a fault of its own.
    """
    return _write.write(machines, role, name, tolerance, _tree(role), load)


def _tree(name_or_path: str | Path) -> Mapping:
    path, name = _find(name_or_path)
    problems: list[Problem] = []
    tree, whole = resolved(path, problems)
    if tree is None or not whole:
        raise ProfileError(name, _ordered(problems))
    return tree


def digest(profile: Profile) -> str:
    """SHA-256, in hex, over what the profile asks for; where its file lies does not count."""
    bare = encode(replace(profile, file="", digest=""))
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read(path: Path, name: str, problems: list[Problem], cross: bool = False) -> Profile | None:
    tree, whole = resolved(path, problems)
    if tree is None:
        return None
    if not whole:
        # What the missing parent would have given is not known: only what is wrong in itself is said.
        found: list[Problem] = []
        profile_of(tree, name, str(path), found)
        problems.extend(p for p in found if "no key is called" in p.message)
        return None
    profile = profile_of(tree, name, str(path), problems)
    if cross:
        problems.extend([*references(tree, profile), *nonsense(tree, profile), *_cloud_name.problems(profile)])
    return replace(profile, digest=digest(profile))


def _find(name_or_path: str | Path) -> tuple[Path, str]:
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(SUFFIX):
        return Path(name_or_path), _name(Path(name_or_path))
    if found := locate(text):
        return found, text
    raise ProfileError(
        text, [Problem(Place("profiles"), f"no profile is called {short(text)}", suggest(text, names()))]
    )


def _name(path: Path) -> str:
    """A file below a `profiles` folder of the content path has the name that it has there; any other its stem."""
    try:
        for root in paths.find_all("profiles"):
            if path.absolute().is_relative_to(root.absolute()):
                return path.absolute().relative_to(root.absolute()).with_suffix("").as_posix()
    except (ContentError, OSError):
        pass
    return path.stem


def _ordered(problems: list[Problem]) -> list[Problem]:
    """Each once, by file and line."""
    return sorted(dict.fromkeys(problems), key=lambda p: p.place[:2])
