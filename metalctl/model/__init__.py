"""What a node is: identity, inventory, profile, verdict, measurement, units. Pure data, no I/O."""
