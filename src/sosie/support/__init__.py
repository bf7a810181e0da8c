"""Small helpers for every package: wording, URLs, cores, stopwatch, BLAS threads."""
