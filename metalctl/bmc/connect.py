"""The way in: `probe` without a credential, `connect` with one."""

from __future__ import annotations

import asyncio

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.protocol import Bmc, Probe


def probe(endpoint: Endpoint, timeout: float = 5.0) -> Probe:
    """What answers at the endpoint; no credential is sent.

    Raises Unreachable, NotABmc, or CertificateChanged when the endpoint carries a fingerprint.
    """
    return asyncio.run(probe_async(endpoint, timeout))


async def probe_async(endpoint: Endpoint, timeout: float) -> Probe:
    """The same within a running loop."""
    if endpoint.protocol == "ipmi":
        from metalctl.bmc.ipmi.ping import probe as probe_ipmi

        return await probe_ipmi(endpoint, timeout)
    from metalctl.bmc.redfish.bmc import probe as probe_redfish

    return await probe_redfish(endpoint, timeout)


def connect(endpoint: Endpoint, credential: Credential, timeout: float = 30.0) -> Bmc:
    """Verify the endpoint, then log in, once. timeout: seconds a request.

    Raises Unreachable, NotABmc, CertificateChanged (all before the credential is sent), WrongPassword, SystemNotChosen.
    """
    if endpoint.protocol == "ipmi":
        from metalctl.bmc.ipmi.bmc import IpmiBmc

        return IpmiBmc(endpoint, credential, timeout)
    from metalctl.bmc.redfish.bmc import RedfishBmc

    return RedfishBmc(endpoint, credential, timeout)
