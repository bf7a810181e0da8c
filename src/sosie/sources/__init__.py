"""Sources of items: bytes → format → rows → columns and their roles → items.

``opening`` opens a path, URL or table in memory, and ``recognition`` determines its kind. ``files`` reads bytes,
``formats`` rows, and ``tables`` makes items of rows; ``pictures`` are folders and archives without a table, and
``annotated`` holds annotation files of data sets. Every source describes in a ``report`` how it is read.
"""
