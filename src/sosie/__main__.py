"""``python -m sosie`` is ``sosie``."""

from sosie.cli import main

main(prog_name="sosie")
