"""Indexing on many machines: Ray runs the parts of a source, each with the pipeline of a single machine."""

from sosie.distributed.job import index_on_ray

__all__ = ["index_on_ray"]
