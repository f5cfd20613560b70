"""Everything that runs ON the node. Pure-Python dependencies only, because it travels there."""
