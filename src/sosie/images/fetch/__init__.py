"""Fetches pictures from URLs politely and safely: see ``fetcher.Fetcher``. Only ``transport`` uses HTTP."""
