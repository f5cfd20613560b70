"""Declared resources to parts of the inventory: pure functions, a file a kind of part.

compute, dimms, storage, network, ports, functions, chassis, pcie_link, supply, manager, firmware

names, labels, sizes, media    what a part is called, how large it can be, which kind of drive it is
systems, homes, whose          which system, which chassis of it, and whether an answer is what was asked for
"""
