"""Draws answers as one picture: every query beside its matches."""

from sosie.sheets.sheet import Answer, contact_sheet

__all__ = ["Answer", "contact_sheet"]
