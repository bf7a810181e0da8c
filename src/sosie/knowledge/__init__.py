"""What one state of a store's manifest means: generations, details, codes, calibration."""
