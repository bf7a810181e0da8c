"""Sources of items: bytes → rows → columns and their roles → items.

- ``opening`` opens a path, URL or table in memory; ``recognition`` determines its kind.
- ``files`` reads bytes, ``formats`` reads rows, ``tables`` makes items from rows.
- ``pictures`` reads folders and archives without a table.
- ``annotated`` reads annotation files of data sets.

Every source describes in a ``report`` how it is read.
"""
