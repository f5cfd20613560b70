"""What we hand to the cloud: one file a target in clouds/, or a site's in targets/ on the content path, by its name.

    targets() -> ["cephadm", "ironic", "kolla"]
    target("kolla").hand_over(dossiers, settings) -> Handed(target, artifacts, summary)
    target("kolla").read_back(dossier, settings) -> tuple[Finding, ...]

`hand_over` looks before it acts and may be called again with the same or with more nodes; it refuses a node that was
not accepted. `read_back` reads the target itself (the file on the disk, the node in the API), never what was sent. A
FAIL is a target that says something else than the dossier; a target that does not answer is an error, not a verdict.
"""

from metalctl.handover.base import Handed, Settings, Target, is_accepted, require_accepted, target, targets

__all__ = ["Handed", "Settings", "Target", "is_accepted", "require_accepted", "target", "targets"]
