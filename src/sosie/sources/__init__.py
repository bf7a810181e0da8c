"""Where items come from: bytes → format → rows → columns and their roles → items.

``opening`` takes what a person names, ``recognition`` sees what it is. ``files`` gives its bytes, ``formats`` rows, and
``tables`` makes items of rows; ``pictures`` are folders and archives without a table, ``annotated`` files of data sets.
Every source tells how it is read in a ``report``.
"""
