"""Benchmarks: `./dev bench NAME [--json]`. Each prints its figures for people, and with --json one object as last line."""
