"""Reads CSV and similar files: encoding, dialect and lines. A damaged line does not affect other lines."""

from sosie.sources.formats.delimited.rows import DelimitedRows

__all__ = ["DelimitedRows"]
