"""The inventories of hundreds of BMCs, again and again.

sweeping  many BMCs in one event loop
visit     one of them
remember  what is kept of a BMC between two sweeps
"""
