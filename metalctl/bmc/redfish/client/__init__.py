"""The one Redfish client: whoever reads or acts goes through `http`.

transport  one HTTP exchange over verified TLS, with a cap on bytes and time
resume     a BMC's second connection resumes the TLS session of its first
session    a session, or Basic: opened and closed
access     who we are to the BMC at the moment
paths      where a BMC may lead us
refusals   what its refusals mean: one table, of reading and acting
http       the client: requests to one BMC, out of these
"""
