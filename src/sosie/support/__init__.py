"""Small helpers that every room may use: words, URLs, cores, stopwatch, threads of BLAS."""
