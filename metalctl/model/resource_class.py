"""The class under which Ironic offers the machines of a profile."""

from __future__ import annotations

import re

LONGEST = 80  # characters that Ironic's API takes


def resource_class(profile: str) -> str:
    """The Ironic resource class of the machines of a profile, by its name: baremetal-PROFILE, in letters that are good.

    It may be longer than Ironic takes: `profile check` refuses such a name.
    """
    return "baremetal-" + re.sub(r"[^a-z0-9]+", "-", profile.lower()).strip("-")
