"""Indexes a source into a store: reads, decodes, embeds and writes in parallel, with bounded memory.

A bad item is rejected; it never stops a run.
"""
