"""How the engine gets at a machine: credentials and keys, SSH and its connections, runs on a node and their news."""
