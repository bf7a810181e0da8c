"""The command line: each command parses its arguments, calls the catalog once, and prints the result."""

from sosie.cli.main import main

__all__ = ["main"]
