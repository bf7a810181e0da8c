"""URL → bytes → picture, politely and safely. ``fetcher.Fetcher`` is the door; only ``transport`` knows the HTTP library."""
