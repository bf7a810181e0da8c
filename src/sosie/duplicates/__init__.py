"""Finds pictures that are copies of each other and products that are listed twice."""

from sosie.duplicates.finding import find_duplicates
from sosie.duplicates.records import DuplicateGroup, DuplicateReport, Likeness

__all__ = ["DuplicateGroup", "DuplicateReport", "Likeness", "find_duplicates"]
