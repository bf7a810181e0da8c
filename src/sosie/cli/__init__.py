"""The command line: parse, call the catalogue once, print."""

from sosie.cli.main import main

__all__ = ["main"]
