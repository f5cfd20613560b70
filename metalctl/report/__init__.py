"""What we hand to people and machines: HTML, JUnit, JSON, certificate."""
