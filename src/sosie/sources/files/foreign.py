"""Recognizes files that cannot be read but that people give, and says what to do with them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WITH_PASSWORD = "EncryptedPackage".encode("utf-16-le")
_SQL = re.compile(
    rb"(?:\s|--[^\n]*\n|/\*.*?\*/;?)*"
    rb"(?:(?:CREATE (?:TABLE|DATABASE)|DROP TABLE|INSERT INTO)\s|BEGIN TRANSACTION;|SET [A-Z_@]+ ?=)",
    re.IGNORECASE | re.DOTALL,
)
_YAML = re.compile(rb"(?:#[^\n]*\n|---\s*\n)*- ?[\w\"']+: ")
_BEGINNINGS: Mapping[bytes, str] = {
    b"Rar!\x1a\x07": "is a RAR archive: unpack it",
    b"7z\xbc\xaf\x27\x1c": "is a 7-Zip archive: unpack it",
    b"ARROW1": "is an Arrow file: write it as Parquet",
    b"Obj\x01": "is an Avro file: write it as Parquet",
    b"\x89HDF\r\n": "is an HDF5 file: write it as Parquet or CSV",
    b"\x93NUMPY": "is a NumPy array: write a table as Parquet or CSV",
    b"\x80\x04\x95": "is a Python pickle: write it as Parquet or CSV",
    b"\0\1\0\0Standard": "is an Access database: export its table of products as CSV",
}


def reason_to_refuse(head: bytes) -> str | None:
    """What a file is and what to do, by its first bytes; None if it may be a source."""
    for beginning, reason in _BEGINNINGS.items():
        if head.startswith(beginning):
            return reason
    if head.startswith(b"\xd0\xcf\x11\xe0") and _WITH_PASSWORD in head:
        return "is protected by a password: save it without one"
    if _SQL.match(head):
        return "is an SQL dump: export the table of products as CSV"
    return "is YAML: write it as JSON" if _YAML.match(head) else None
