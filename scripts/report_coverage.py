"""Report the branch coverage of the last ``coverage run``, and fail where it is below ``fail_under``.

What only a cluster can test is left out where there was no Elasticsearch to test it with.
"""

import sys

from coverage import Coverage

NEEDS_CLUSTER = ["*/sosie/stores/elasticsearch/*", "*/sosie/distributed/*"]


def main() -> str | None:
    """The message with which to fail, None where enough is covered."""
    coverage = Coverage()
    coverage.load()
    had_cluster = any(_was_run(coverage, file) for file in coverage.get_data().measured_files())
    total = coverage.report(omit=None if had_cluster else NEEDS_CLUSTER)
    if not had_cluster:
        print(f"left out, as no Elasticsearch was there: {', '.join(NEEDS_CLUSTER)}")
    least = float(str(coverage.get_option("report:fail_under")))
    return None if total >= least else f"branch coverage is {total:.1f} %, expected at least {least:g} %"


def _was_run(coverage: Coverage, file: str) -> bool:
    """Whether it is a file of the Elasticsearch store that was run; files that were not are in the data, too."""
    return "/stores/elasticsearch/" in file and bool(coverage.get_data().lines(file))


if __name__ == "__main__":
    sys.exit(main())
