"""Whether two readings are of one machine, in words: the same, one whose board or cards were swapped, or another.

The verdict: what both sides state and contradict (serial, UUID, no MAC address in common) is a FAIL, whatever else
agrees; where nothing agrees that names a machine, or where the weighed fingerprint says "different", nobody can tell.
The weights (metalctl.model.identity) decide only on what a person is told to do.
"""

from __future__ import annotations

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity, agreements, contradictions, likeness, shares, similarity
from metalctl.model.verdict import Verdict

_WORDS = {"serial": "serial", "uuid": "UUID", "macs": "MAC addresses", "dimms": "memory modules",
          "chassis_serial": "chassis serial"}  # fmt: skip
_OF_THE_BOARD = frozenset({"serial", "uuid"})
_ONE = "the BMC and the booted system are one machine"


def same_machine(
    known: Identity, seen: Identity, ours: Identity, theirs: Identity, *, source: str, where: str = ""
) -> Finding:
    """The finding `identity.same`. known, seen: the identities that must not contradict.

    ours, theirs: the whole fingerprints of both (metalctl.model.fingerprint). where: the BMC's address, for the remedy.
    """
    if wrong := contradictions(known, seen):
        got = f"{meaning(ours, theirs)}: {'; '.join(wrong)}; {weighed(ours, theirs)}"
        return Finding("identity.same", Verdict.FAIL, _ONE, got, source=source, remedy=remedy(ours, theirs, where))
    agreed = agreements(known, seen)
    if not agreed:
        return Finding(
            "identity.same", Verdict.UNKNOWN, "a serial, UUID or MAC that both sides state",
            f"none in common; {weighed(ours, theirs)}", source=source, remedy="set the system serial number in the BMC",
        )  # fmt: skip
    if likeness(ours, theirs) == "different":
        return Finding(
            "identity.same", Verdict.UNKNOWN, _ONE, f"same {', '.join(agreed)}, but {weighed(ours, theirs)}",
            source=source, remedy=remedy(ours, theirs, where),
        )  # fmt: skip
    return Finding(
        "identity.same", Verdict.PASS, _ONE, f"same {', '.join(agreed)}; {weighed(ours, theirs)}", source=source
    )


def meaning(a: Identity, b: Identity) -> str:
    """What two readings that contradict each other are of."""
    if likeness(a, b) in ("same", "changed"):
        board = any(share == 0.0 for name, share in shares(a, b).items() if name in _OF_THE_BOARD)
        return "board swapped" if board else "network cards swapped"
    return "another machine" if similarity(a, b) == 0.0 else "most likely another machine"


def remedy(a: Identity, b: Identity, where: str = "") -> str:
    """What to do about two readings that contradict each other, in a sentence."""
    address, found = where or "this address", meaning(a, b)
    if found == "board swapped":
        return (
            f"the system board was swapped, for {_listed(a, b)} stayed: write the machine's serial and UUID to the new "
            "board with its maker's tool, or the new serial into the row and the manifest, then enroll it again"
        )
    if found == "network cards swapped":
        return (
            f"the machine is the same by {_listed(a, b)}, but not one port: its network cards were swapped, or the BMC "
            "shows an old inventory; power cycle the node, then enroll it again"
        )
    if found == "another machine":
        return (
            f"the BMC at {address} sits in another server than the one that booted: light its locator LED, see which "
            "server it is, and correct the BMC's address in the row, or its cable"
        )
    return (
        f"only {_listed(a, b)} agree: compare the label on the chassis with both; if it is another server, correct the "
        f"BMC's address ({address}) in the row, or its cable; if board and parts were swapped, write the serial again"
    )


def weighed(a: Identity, b: Identity) -> str:
    """ "41 % of the fingerprint agrees: chassis serial, MAC addresses (in part)"."""
    if not shares(a, b):
        return "no part of the fingerprint is stated by both sides"
    if not (listed := _listed(a, b)):
        return "nothing of the fingerprint agrees"
    return f"{similarity(a, b):.0%} of the fingerprint agrees ({listed})".replace("%", " %")


def _listed(a: Identity, b: Identity) -> str:
    agreed = [(name, share) for name, share in shares(a, b).items() if share]
    return ", ".join(_WORDS[name] + (" in part" if share < 1 else "") for name, share in agreed)
