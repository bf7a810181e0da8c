"""Typed views of a store's manifest: generations, details, codes, calibration."""
