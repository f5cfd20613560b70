"""The emulated rack."""
