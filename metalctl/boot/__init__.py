"""How a node boots from us: DHCP, TFTP, HTTP, phone-home, ramdisk and image building."""
