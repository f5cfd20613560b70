"""A bond as the kernel has it at this moment, from two sources: netlink, and /proc/net/bonding for what netlink does
not tell (speed, duplex, churn) or where it does not answer. What neither states is None or "".
"""

from metalctl.node.bondstate.read import read
from metalctl.node.bondstate.state import BondState, Port

__all__ = ["BondState", "Port", "read"]
