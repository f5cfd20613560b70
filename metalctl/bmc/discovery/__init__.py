"""What a scan is made of: one file a concern. The way in is metalctl/bmc/discovery/scan.py.

places      a target that is being asked, and what answered there
pace        packets a second
udp         IPMI: one socket for every address
service     the service root of a port that is open
loop        all of these in one loop
neighbours  MAC addresses that the kernel has seen on the segment
merge       the same machine seen twice is one row
"""
