"""Indexes one shard of a folder and says, line by line, how many items have been acknowledged."""

import sys

import sosie
from sosie.sources.opening import open_source

folder, store, part, parts = sys.argv[1:]
source = open_source(folder).shard(int(part), int(parts))
with sosie.open(store) as catalog:
    catalog.index(source, workers=1, on_progress=lambda now: print(now.done, flush=True))
