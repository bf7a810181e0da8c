"""The server that the tests speak to is a real one."""

from support.elasticsearch.cluster import Cluster


def test_the_server_answers(server: Cluster) -> None:
    [node] = server.request("GET", "/_nodes?filter_path=nodes.*.version")["nodes"].values()
    assert node["version"].startswith("9.")
    assert server.request("GET", "/_cluster/health")["number_of_nodes"] == 1
