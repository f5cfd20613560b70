"""What changes something on a Redfish BMC: one file a group of actions.

Each looks before it acts, and reads again after.

wire         GET, PATCH, POST with the patience and the ETags that the quirks ask for, over the reader's own client
tasks        a task followed to its end; one that vanishes proves nothing
power        reset types
boot         boot override, once or lasting; boot_targets: by which names
demands      what an action wants besides, from its ActionInfo and from its refusals
media        virtual media
bios         BIOS settings, equal only when re-read after the reboot
secure_boot  UEFI secure boot
led          the locator LED
logs         the event log
clocks       the BMC's clock
manager      reset of the BMC itself
users        accounts of the BMC
"""
