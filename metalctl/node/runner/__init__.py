"""`python3 -m metalctl.node run`: checks on this machine, for the controller or by hand; its manual is in `main`."""

from metalctl.node.runner.main import main

__all__ = ["main"]
