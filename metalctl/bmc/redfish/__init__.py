"""Redfish: one file a concern.

transport   one HTTP exchange over verified TLS, with a cap on bytes and time
resume      a BMC's second connection resumes the TLS session of its first
session     a session, or Basic: opened and closed
access      who we are to the BMC at the moment
body        the JSON of an answer
paths       where a BMC may lead us
refusals    what its refusals mean: one table, of reading and acting
http        the client: requests to one BMC, out of these; whoever reads or acts goes through it
root        is it a Redfish service at all (no credential sent)
systems     which system behind the BMC
expand      whether $expand works, and where it does not
links       links and pages as they stand in JSON
read        resources and collections, with a note of what cannot be read
wire        declared models of resources: wire_system, wire_storage, wire_network, wire_chassis, wire_manager
parts_*     pure parsers: those models to processors, DIMMs, disks, ports…
read_*      what is asked for a part of the inventory
inventory   walks the tree; a broken subtree costs what hangs on it
remember    what is kept of a BMC between two sweeps
visit       one BMC of a sweep
act/        what changes something, a file a group of actions
acting      the methods of it
bmc         all of it together, for one BMC and blocking
"""
