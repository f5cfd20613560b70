"""What Ironic makes of a profile's name: a resource class, by which Nova finds machines of that kind.

Nova writes it as CUSTOM_BAREMETAL_… in capitals, with "_" for every other sign: names that differ in those only are
one class there, and machines of two profiles would be given away as one kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.content.errors import Place, Problem
from metalctl.content.profiles._extend import available
from metalctl.content.yaml import short
from metalctl.model.profile import Profile
from metalctl.model.resource_class import LONGEST, resource_class


def problems(profile: Profile) -> Iterator[Problem]:
    """Why the name makes no resource class, or that of another profile."""
    made = resource_class(profile.name)
    if len(made) > LONGEST:
        message = f"name: {short(profile.name)} makes an Ironic resource class of {len(made)} characters"
        yield _problem(profile, message, f"at most {LONGEST} are allowed: give the file a shorter name")
    if made == resource_class(""):
        message = f"name: {short(profile.name)} has no letter or digit that an Ironic resource class can hold"
        yield _problem(profile, message, "give the file a name with a letter of a-z or a digit")
    for other in available():
        if other != profile.name and resource_class(other) == made:
            message = (
                f"name: {short(profile.name)} makes the same Ironic resource class as profile {short(other)}: {made}"
            )
            yield _problem(profile, message, "give the file a name that differs in more than signs and capitals")


def _problem(profile: Profile, message: str, hint: str) -> Problem:
    return Problem(Place(profile.file, 1, 1), message, hint)
