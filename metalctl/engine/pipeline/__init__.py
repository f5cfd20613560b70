"""The path of a node: its stages in order, their ticks, and the walker and supervisor that drive them."""
