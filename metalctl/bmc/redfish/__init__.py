"""Redfish, in rooms that import one way, from the last to the first.

schema/    what stands in a resource
client/    requests to one BMC, and what its refusals mean
parse/     resources to parts of the inventory
fetch/     what is asked for an inventory
act/       what changes something
acting, bmc    all of it together, for one BMC and blocking
rotation, raw, probe_report    a new login, one resource as it is, and what the acts would find
sweep/     many BMCs
"""
