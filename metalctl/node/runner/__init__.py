"""`python3 -m metalctl.node run`: runs checks on this machine and writes the journal.

    run SPEC.json                            a run that the controller asked for; journal in RUN_DIR/<run_id>/
    run --local --check NAME...              by hand, on any server: results are printed
        --limit NAME.KEY=VALUE               a limit, as profiles write it ("nvme-randread.min_iops=400k")
        --role ROLE=SERIAL[,SERIAL]          which disks have a role
        --peer SIDE=ADDRESS:PORT[,CLIENT]    this node is the "server" at that address, or its "client"
        --bond NAME=MAC,MAC  --level LEVEL   bonds that must exist; quick (default), normal or burn-in

Exit codes: 0 nothing failed, 1 hardware failed, 2 usage (also: the run was started before), 3 could not tell.
Environment: METALCTL_RUN_DIR (journals), METALCTL_CHECKS (directory of checks), METALCTL_SCRATCH (directory on a disk),
METALCTL_ROOT and METALCTL_INVENTORY (for tests: another /sys, /proc and netlink, and an inventory as JSON).
"""

from metalctl.node.runner.main import main

__all__ = ["main"]
