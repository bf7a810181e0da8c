"""Plans the download of a source in a new process, and prints time and memory as JSON. ``fetch.py`` runs it.

PYTHONPATH=src python benchmarks/planned.py SOURCE FOLDER
"""

import json
import resource
import sys
import time
from pathlib import Path

from sosie.downloading.planning import Planner
from sosie.downloading.state import DownloadState
from sosie.sources.opening import open_source


def main() -> None:
    began, state = time.perf_counter(), DownloadState(Path(sys.argv[2]))
    Planner(state).plan(open_source(sys.argv[1]))
    wall, urls = time.perf_counter() - began, state.execute("SELECT count(*) FROM urls").fetchone()[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"urls": urls, "wall": wall, "cpu": time.process_time(), "megabytes": peak}))


if __name__ == "__main__":
    main()
