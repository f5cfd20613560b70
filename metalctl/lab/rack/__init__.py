"""The emulated rack: QEMU, a switch, sushy-tools and IPMI in one network namespace. `metalctl.lab` is its surface."""
