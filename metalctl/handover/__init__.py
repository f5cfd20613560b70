"""What we hand to the cloud: one file a target."""
