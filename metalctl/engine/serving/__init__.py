"""The service as a process: its start and its end, what it serves to boot from, and what is told of it outside."""
