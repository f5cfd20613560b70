"""IPMI 2.0: one file a concern.

rmcp        the datagrams that find a BMC, and what is in their answers
ping        presence of one, without a credential (a scan: ../discovery/udp.py)
worker      the process that holds a pyghmi session; JSON lines on its standard input and output
client      our end of it
ipmitool    the fallback for BMCs that pyghmi does not get on with
commands    the requests that worker and ipmitool answer; walk: those that are many requests
fru, sdr, sel, text, events    bytes to facts, pure functions
inventory   facts to the model
bmc         all of it together
"""
