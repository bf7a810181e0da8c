"""Fetches pictures from URLs politely and safely: see ``fetcher.Fetcher``; only ``transport`` uses HTTP."""
