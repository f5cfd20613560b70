"""One simulated BMC: the tree that it serves, what was changed on it, and how it answers."""
