"""Redfish: one file a concern.

http        one GET, pinned to a certificate, with errors of this room
root        is it a Redfish service at all (no credential sent)
systems     which system behind the BMC
parts       pure parsers: resources as JSON to processors, DIMMs, disks, ports
inventory   walks the tree; a broken subtree costs one Unreadable
act/        what changes something, a file a group of actions
acting      the methods of it
bmc         all of it together
"""
