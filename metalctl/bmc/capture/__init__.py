"""A BMC's tree in a file, and what is done with one.

record       a capture: the tree as it was read, scrubbed
scrub        what identifies machine, owner and site, replaced
replay       a capture served over HTTPS; replay_service: the root, the sessions and the logins of it
conformance  DMTF's validator over a capture; interop_report: what it says
"""
