"""Searches a store again and again until its standard input ends, and writes each answer down as a line of JSON.

With ``reopen`` the catalog is opened anew for each search, otherwise once. Every failure ends the process.
"""

import json
import sys
import threading

import sosie

store, photo, how = sys.argv[1:]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
catalog = sosie.open(store, quick=True)
while not ended.is_set():
    if how == "reopen":
        catalog.close()
        catalog = sosie.open(store, quick=True)
    result = catalog.search(photo, k=5)
    print(json.dumps([result.embedder, [(match.item_id, match.score) for match in result.matches]]), flush=True)
