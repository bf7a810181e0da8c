"""A load generator, a process of its own: `python benchmarks/load.py URL PICTURE CLIENTS SECONDS`; prints JSON."""

import http.client
import json
import multiprocessing
import resource
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

BOUNDARY = "b0undary"


def form(picture: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\n\r\n'
    return head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def search_until(host: str, body: bytes, until: float, times: list[float], errors: list[int]) -> None:
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    while (began := time.perf_counter()) < until:
        connection.request("POST", "/v1/search", body, headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != 200:
            errors.append(answer.status)
    connection.close()


def watch(host: str, until: float, seen: Connection) -> None:
    """Request the server's health, from a process that the clients do not hold up; the times go through the pipe."""
    health: list[float] = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        connection.close()
        health.append(time.perf_counter() - began)
        time.sleep(0.1)
    seen.send(health)


def main(url: str, picture: str, clients: int, seconds: float) -> dict[str, object]:
    host, body = urlsplit(url).netloc, form(Path(picture).read_bytes())
    times: list[float] = []
    errors: list[int] = []
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=search_until, args=(host, body, until, times, errors)) for _ in range(clients)]
    here, there = multiprocessing.Pipe()
    watching = multiprocessing.Process(target=watch, args=(host, until, there))
    watching.start()
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds_taken = time.perf_counter() - began
    health = here.recv()
    watching.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "times": times,
        "errors": errors,
        "health": health,
        "seconds": seconds_taken,
        "cpu": used.ru_utime + used.ru_stime,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))))
