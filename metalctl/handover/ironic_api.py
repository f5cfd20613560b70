"""Ironic's API through openstacksdk: connect, find, write, manage; every failure an error of this room.

Nothing of what is sent is logged: openstacksdk's session logs request bodies at DEBUG, and one of them carries the
password of the BMC.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from metalctl.handover.base import Settings
from metalctl.handover.errors import HandoverError, NotConfigured, Unreachable

# States in which a node's record may be written; in all others somebody works with it, or on it.
WRITABLE = frozenset({"enroll", "manageable", "available", "inspect failed", "clean failed", "verifying"})
MANAGED = frozenset({"manageable", "available"})


@contextmanager
def ironic(settings: Settings) -> Iterator[Any]:
    """The bare metal proxy of openstacksdk; its errors become Unreachable with Ironic's own words."""
    try:
        import openstack
        from keystoneauth1.exceptions import ClientException
    except ImportError as error:
        raise HandoverError("openstacksdk is not installed", hint="pip install 'metalctl[openstack]'") from error
    if not (settings.ironic_url or settings.cloud):
        raise NotConfigured("where is Ironic?", hint="set ironic.url in the settings file, or give --ironic URL")
    where = settings.ironic_url or f"cloud {settings.cloud}"
    connection = None
    try:
        with _silent():
            connection = _connect(openstack, settings)
            yield connection.baremetal
    except (openstack.exceptions.SDKException, ClientException) as error:
        text = " ".join(str(error).split())[:400]
        raise Unreachable(
            f"Ironic ({where}): {text}", hint="is it up, and is the address right?", target="ironic"
        ) from error
    finally:
        if connection is not None:
            connection.close()


@contextmanager
def _silent() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("keystoneauth", "openstack", "urllib3")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _connect(openstack: Any, settings: Settings) -> Any:
    if settings.cloud:
        return openstack.connect(cloud=settings.cloud)
    tls = {"verify": settings.verify} if isinstance(settings.verify, bool) else {"cacert": settings.verify}
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_type="none",
        auth={"endpoint": settings.ironic_url},
        baremetal_endpoint_override=settings.ironic_url,
        **tls,
    )


def find(api: Any, name: str) -> Any | None:
    """The node of that name with all its fields, or None."""
    found = api.find_node(name, ignore_missing=True)
    return api.get_node(found.id) if found else None


def ports_of(api: Any, node_id: str) -> dict[str, Any]:
    """Address → port of a node, with all fields."""
    return {port.address: port for port in api.ports(details=True, node_uuid=node_id)}
