"""discovered: a BMC answered as a BMC. No credential is sent; the certificate seen first is recorded and must stay."""

from __future__ import annotations

from metalctl import bmc
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, Wait
from metalctl.engine.reach.credentials import endpoint_of
from metalctl.store import nodes


def tick(ctx: Context) -> Done | Wait:
    """Probe the endpoint; a certificate that changed, or that the authorities do not vouch for, is an error before
    anything is sent.
    """
    endpoint = endpoint_of(ctx.node)
    probe = bmc.probe(endpoint)
    # Under an authority nothing is recorded: it may renew the certificate.
    if probe.fingerprint and not ctx.node.fingerprint and not endpoint.authorities:
        with ctx.store() as connection:
            nodes.change(connection, ctx.node.name, fingerprint=probe.fingerprint)
        ctx.audit("certificate-recorded", fingerprint=probe.fingerprint)
    evidence = {"protocol": probe.protocol, "product": probe.product, "certificate_sha256": probe.fingerprint}
    return Done(evidence | ({"authorities": str(endpoint.authorities)} if endpoint.authorities else {}))
