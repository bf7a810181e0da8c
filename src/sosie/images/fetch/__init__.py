"""URL → bytes → picture, politely and safely: ``fetcher.Fetcher`` is the door, ``transport`` alone speaks HTTP."""
