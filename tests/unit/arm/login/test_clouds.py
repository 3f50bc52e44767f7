"""Where each cloud answers."""

import pytest

from reconciler.arm.login.clouds import CLOUDS


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("AzureCloud", "https://graph.microsoft.com/.default"),
        ("AzureUSGovernment", "https://graph.microsoft.us/.default"),
        ("AzureChinaCloud", "https://microsoftgraph.chinacloudapi.cn/.default"),
    ],
)
def test_token_for_microsoft_graph_is_of_the_cloud_itself(cloud: str, scope: str) -> None:
    assert CLOUDS[cloud].graph_scope == scope


def test_no_two_clouds_share_a_host() -> None:
    hosts = [host for one in CLOUDS.values() for host in (one.endpoint, one.authority, one.graph)]

    assert len({*hosts}) == len(hosts)
