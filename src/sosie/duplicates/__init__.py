"""Which pictures of a catalogue are copies of each other, and which products are listed twice."""

from sosie.duplicates.finding import find_duplicates
from sosie.duplicates.records import DuplicateGroup, DuplicateReport, Likeness

__all__ = ["DuplicateGroup", "DuplicateReport", "Likeness", "find_duplicates"]
