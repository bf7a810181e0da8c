"""Indexes a folder and says, line by line, how many items have been acknowledged."""

import sys

import sosie

folder, store = sys.argv[1:]
with sosie.open(store) as catalog:
    catalog.index(folder, on_progress=lambda now: print(now.done, flush=True))
