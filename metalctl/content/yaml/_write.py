"""YAML that Ansible and Ceph read: they speak YAML 1.1, where an unquoted MAC address may be a number to the base 60,
and `on` a boolean. Both are quoted here."""

from __future__ import annotations

from typing import Any

import yaml


def dump(value: Any) -> str:
    """A value in block style, keys in the order given."""
    return str(yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=200, allow_unicode=True))


def inline(value: Any) -> str:
    """The same in one line, for a value beside its key."""
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=True, width=1 << 30, allow_unicode=True)
    return str(text).removesuffix("...\n").strip()
