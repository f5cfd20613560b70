"""The NoCloud seed of an installed system: who it is, who may log in, its bond, and how it phones home.

The token in it is made here; only its hash is remembered.
"""

from __future__ import annotations

from functools import lru_cache

import jinja2

from metalctl.engine.durability import pins
from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline import layout
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.directory import issue_token
from metalctl.engine.reach import access
from metalctl.model.run import BondSpec


def render(ctx: Context) -> dict[str, str]:
    """File name → text."""
    with ctx.store() as connection:
        token = issue_token(connection, ctx.enrollment.id, ctx.node.name, "installed")
    key = access.public_line(ctx.services.settings.state, ctx.enrollment.id)
    variables = {
        "instance_id": f"{ctx.enrollment.id}-{ctx.enrollment.attempt}",
        "hostname": ctx.node.name,
        "node": ctx.node.name,
        "url": ctx.services.url,
        "token": token,
        "authorized_keys": [key],
        **_network(ctx),
    }
    with ctx.store() as connection:
        pinned = pins.templates(connection, ctx.enrollment, ctx.profile.install.os)
    environment = _environment(tuple(sorted(pinned.items())))
    return {name: environment.get_template(name).render(variables) for name in pins.TEMPLATES}


@lru_cache(maxsize=16)
def _environment(pinned: tuple[tuple[str, str], ...]) -> jinja2.Environment:
    """One for all nodes with these templates: to compile them takes longer than all else here."""
    return jinja2.Environment(
        loader=jinja2.DictLoader(dict(pinned)),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML
    )


def _network(ctx: Context) -> dict[str, object]:
    """The first bond, else the port that the ramdisk was booted over; its address comes from DHCP."""
    specs = layout.bond_specs(ctx)
    if specs:
        return {"bond": _bond(ctx, specs[0]), "interfaces": []}
    boot = ctx.boot("ramdisk")
    if boot is None or not boot.report.macs:
        raise EngineError(f"no port of {ctx.node.name} is known to reach us", hint="see its console")
    return {"bond": None, "interfaces": [{"mac": boot.report.macs[0], "dhcp4": True}]}


def _bond(ctx: Context, spec: BondSpec) -> dict[str, object]:
    names = {nic.mac: nic.name for nic in ctx.require_inventory("in-band").nics}
    return {
        "name": spec.name,
        "members": [{"mac": mac, "name": names[mac]} for mac in spec.members],
        "mtu": spec.mtu,
        "mode": spec.mode,
        "lacp_rate": spec.lacp_rate,
        "transmit_hash_policy": spec.hash_policy,
        "dhcp4": True,
    }
