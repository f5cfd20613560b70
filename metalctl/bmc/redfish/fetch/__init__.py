"""What is asked of a BMC for an inventory, and in which order: reads only.

root       is it a Redfish service at all, and of what (no credential sent)
reader     resources and collections, with a note of what cannot be read
expand     whether $expand works, and where it does not
together   requests side by side
notes      what could not be read, fact by fact
inventory  walks the tree; a broken subtree costs what hangs on it
compute, storage, network, chassis, homes, manager    what is asked for a part of the inventory
elsewhere  the same parts where this BMC keeps them; unlisted: what no list has
boards     the accelerator boards of a machine
"""
