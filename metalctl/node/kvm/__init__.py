"""Does KVM really work here: the device answers, and a guest really boots with `-accel kvm` only.

The flag in /proc/cpuinfo alone proves nothing: firmware can lock the feature, and a hypervisor below can offer /dev/kvm
and then spin for ever. So a guest is booted, with the kernel of the running system and an initramfs made here, and must
print a number that it was given, within a deadline.
"""

from metalctl.node.kvm.device import load, probe
from metalctl.node.kvm.guest import Guest, boot

__all__ = ["Guest", "boot", "load", "probe"]
