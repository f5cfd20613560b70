"""A BMC's tree in a file, and what is done with one.

record       a capture: the tree as it was read, scrubbed
scrub        what identifies machine, owner and site, replaced
conformance  DMTF's validator over a capture; interop_report: what it says
"""
