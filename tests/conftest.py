"""Settings of the whole suite. It runs alike in a terminal, in the background, under cron and on a build server."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("sosie", deadline=None)
settings.load_profile("sosie")

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
TERMINAL = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE")


def start_afresh() -> None:
    """Forget how this run was started: what the shell ignores, hides or closes is inherited by every child."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.umask(0o022)
    for name in (*PROXIES, *TERMINAL, "PYTHONWARNINGS"):
        os.environ.pop(name, None)
    os.environ.update(TERM="dumb", LC_ALL="C.UTF-8", TZ="UTC")
    time.tzset()
    with contextlib.suppress(OSError):
        os.fstat(0)
        return
    os.open(os.devnull, os.O_RDONLY)


start_afresh()


@pytest.fixture(scope="session")
def drawn_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures and photos of the demo, drawn once for all tests."""
    from sosie.demo import draw_catalog, draw_customer_photos

    folder = tmp_path_factory.mktemp("demo shop")
    draw_catalog(folder)
    draw_customer_photos(folder)
    return folder
