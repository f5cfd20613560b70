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
    except openstack.exceptions.ConfigException as error:
        raise NotConfigured(f"{where}: {error}", hint="look at clouds.yaml") from error
    except (openstack.exceptions.SDKException, ClientException) as error:
        text = " ".join(str(error).split())[:400]
        raise Unreachable(f"Ironic ({where}): {text}", hint="is it up? is the address right?") from error
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
    from keystoneauth1.noauth import NoAuth
    from keystoneauth1.session import Session

    session = Session(NoAuth(endpoint=settings.ironic_url), verify=settings.verify)
    return openstack.connection.Connection(session=session)


def find(api: Any, name: str) -> Any | None:
    """The node of that name with all its fields, or None."""
    from openstack.exceptions import NotFoundException

    try:
        return api.get_node(name)
    except NotFoundException:
        return None


def ports_of(api: Any, node_id: str) -> dict[str, Any]:
    """Address → port of a node, with all fields."""
    return {port.address: port for port in api.ports(details=True, node_uuid=node_id)}
