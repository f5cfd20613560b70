"""Pages and REST of the service."""
