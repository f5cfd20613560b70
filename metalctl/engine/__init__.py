"""The enrollment: the spine of stages and the durable workflow that walks a node along it."""
