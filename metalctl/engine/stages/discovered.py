"""discovered: a BMC answered as a BMC. No credential is sent; the certificate seen first is recorded and must stay."""

from __future__ import annotations

from metalctl import bmc
from metalctl.engine.context import Context
from metalctl.engine.outcome import Done, Wait
from metalctl.engine.services import endpoint_of
from metalctl.store import nodes


def tick(ctx: Context) -> Done | Wait:
    """Probe the endpoint; a changed certificate is an error before anything is sent."""
    endpoint = endpoint_of(ctx.node)
    probe = bmc.probe(endpoint)
    if probe.fingerprint and not ctx.node.fingerprint:
        with ctx.store() as connection:
            nodes.change(connection, ctx.node.name, fingerprint=probe.fingerprint)
        ctx.audit("certificate-recorded", fingerprint=probe.fingerprint)
    return Done({"protocol": probe.protocol, "product": probe.product, "certificate_sha256": probe.fingerprint})
