"""Opens a store again and again until its standard input ends, and says how many products a search answers each time.

Nothing is counted before the store is there; after that every failure ends the process with a traceback.
"""

import sys
import threading

import sosie
from sosie.errors import StoreNotFound

store, photo = sys.argv[1:]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
seen = False
while not ended.is_set():
    try:
        with sosie.open(store) as catalog:
            answered = len(catalog.search(photo, k=1000).matches)
    except StoreNotFound:
        assert not seen, "the store was there and is gone"
    else:
        seen = True
        print(answered, flush=True)
