"""Benchmarks: `./dev bench NAME [--json]`. Each prints figures for people; with --json the last line is one object."""
