"""Adapts the embedding of a store to its photos by a linear projection, fitted with labels or without.

``choose`` (with labels) and ``choose_without_labels`` fit a ``Projection``, evaluate it, and decide whether to apply
it.
"""
