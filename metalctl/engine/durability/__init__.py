"""What outlasts a kill: the durable workflow, the lock, leases of places, and what an enrollment is pinned to."""
