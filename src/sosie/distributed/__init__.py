"""Indexing by many machines: Ray runs the parts of a source, each by the pipeline that one machine uses."""

from sosie.distributed.job import index_on_ray

__all__ = ["index_on_ray"]
