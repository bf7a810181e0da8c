"""Moves a store to another network and says, line by line, how many items have been acknowledged."""

import sys

import sosie

store, network = sys.argv[1:]
with sosie.open(store) as catalog:
    catalog.migrate(network, workers=1, on_progress=lambda now: print(now.done, flush=True))
