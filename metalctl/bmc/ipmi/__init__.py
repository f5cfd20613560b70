"""IPMI 2.0: one file a concern.

ping        presence, without a credential: one UDP socket for any number of BMCs
worker      the process that holds a pyghmi session; JSON lines on its standard input and output
client      our end of it
ipmitool    the fallback for BMCs that pyghmi does not get on with
bmc         all of it together
"""
