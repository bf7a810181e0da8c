"""Reads CSV and similar files: encoding, dialect, and lines, so that a damaged line costs no other."""

from sosie.sources.formats.delimited.rows import DelimitedRows

__all__ = ["DelimitedRows"]
