"""CSV and its relatives: encoding, dialect, and lines that are taken apart without losing their neighbours."""

from sosie.sources.formats.delimited.rows import DelimitedRows

__all__ = ["DelimitedRows"]
