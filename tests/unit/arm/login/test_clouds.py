"""Where each cloud answers."""

import pytest

from reconciler.arm.login.clouds import CLOUDS


@pytest.mark.parametrize(
    ("cloud", "graph", "logs"),
    [
        ("AzureCloud", "https://graph.microsoft.com/.default", "https://api.loganalytics.io/.default"),
        ("AzureUSGovernment", "https://graph.microsoft.us/.default", "https://api.loganalytics.us/.default"),
        (
            "AzureChinaCloud",
            "https://microsoftgraph.chinacloudapi.cn/.default",
            "https://api.loganalytics.azure.cn/.default",
        ),
    ],
)
def test_token_for_a_service_is_of_the_cloud_itself(cloud: str, graph: str, logs: str) -> None:
    assert (CLOUDS[cloud].graph.scope, CLOUDS[cloud].logs.scope) == (graph, logs)


def test_no_two_clouds_share_a_host() -> None:
    hosts = [
        host for one in CLOUDS.values() for host in (one.endpoint, one.authority, one.graph.endpoint, one.logs.endpoint)
    ]

    assert len({*hosts}) == len(hosts)
