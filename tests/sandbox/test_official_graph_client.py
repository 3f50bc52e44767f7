"""Azure's own client of Resource Graph against the sandbox over real HTTP.

It is at api-version 2021-03-01 unless it is told otherwise. Saved queries (`graph_query`) are not served.
"""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import (
    FacetError,
    FacetRequest,
    FacetResult,
    GraphQueryResource,
    QueryRequest,
    QueryRequestOptions,
    QueryResponse,
    ResultFormat,
)

from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from tests.sandbox.arm import SUBSCRIPTION, Clock, application
from tests.sandbox.graph import OTHER, SCALE_SET, VM, WEB, estate
from tests.sandbox.official import PlainBearer, Token
from tests.sandbox.test_official_clients import sleeping_by


def connect(url: str, **more: Any) -> ResourceGraphClient:
    return ResourceGraphClient(Token(), url, authentication_policy=PlainBearer("any"), **{"retry_total": 0, **more})


def data_of(answer: QueryResponse | FacetResult) -> Any:
    """The rows, which the client's types call an object whatever their format is."""
    return answer.data


@pytest.fixture
def graph() -> Iterator[ResourceGraphClient]:
    with running(application(estate())) as url, connect(url) as client:
        yield client


def test_query_is_read_over_its_pages(graph: ResourceGraphClient) -> None:
    query = "resources | where isnotempty(identity.userAssignedIdentities) | project id | order by id asc"
    request = QueryRequest(query=query, subscriptions=[SUBSCRIPTION, OTHER], options=QueryRequestOptions(top=2))

    first = graph.resources(request)
    request.options = QueryRequestOptions(skip_token=first.skip_token)
    second = graph.resources(request)

    assert [row["id"] for page in (first, second) for row in data_of(page)] == [SCALE_SET, VM, WEB]
    assert [(page.total_records, page.count, page.result_truncated) for page in (first, second)] == [
        (3, 2, "false"),
        (3, 1, "false"),
    ]
    assert second.skip_token is None


def test_query_of_management_groups_is_a_table_where_it_is_asked_for(graph: ResourceGraphClient) -> None:
    options = QueryRequestOptions(result_format=ResultFormat.TABLE, allow_partial_scopes=True)
    request = QueryRequest(
        query="summarize count() by subscriptionId | order by subscriptionId asc",
        management_groups=["mg-1"],
        options=options,
    )

    answer = graph.resources(request)

    assert data_of(answer) == {
        "columns": [{"name": "subscriptionId", "type": "string"}, {"name": "count_", "type": "integer"}],
        "rows": [[SUBSCRIPTION, 5], [OTHER, 2]],
    }


def test_facets_are_typed(graph: ResourceGraphClient) -> None:
    facets = [FacetRequest(expression="subscriptionId"), FacetRequest(expression="absent")]

    answer = graph.resources(QueryRequest(query="project subscriptionId", facets=facets))

    good, bad = answer.facets or []
    assert isinstance(good, FacetResult) and isinstance(bad, FacetError)
    assert (good.total_records, data_of(good)[0]) == (2, {"subscriptionId": SUBSCRIPTION, "count": 5})
    assert [error.code for error in bad.errors] == ["NoValidColumns", "InvalidColumnNames"]


def test_role_assignments_are_filtered_by_scope_in_a_later_api_version() -> None:
    query = "authorizationresources | where type endswith 'assignments' | summarize count()"
    options = {"authorizationScopeFilter": "AtScopeExact"}  # the client's own models do not have it
    body = json.dumps({"query": query, "subscriptions": [SUBSCRIPTION], "options": options})

    with running(application(estate())) as url, connect(url, api_version="2024-04-01") as client:
        answer = client.resources(io.BytesIO(body.encode()))

    assert data_of(answer) == [{"count_": 1}]


def test_query_that_cannot_be_answered_is_a_typed_error(graph: ResourceGraphClient) -> None:
    with pytest.raises(HttpResponseError) as wrong:
        graph.resources(QueryRequest(query="resources | render table"))
    with pytest.raises(HttpResponseError) as nowhere:
        graph.resources(QueryRequest(query="resources", subscriptions=["00000000-0000-0000-0000-000000000009"]))

    known = [caught.value.model.error for caught in (wrong, nowhere) if caught.value.model is not None]
    assert [(error.code, [detail.code for detail in error.details]) for error in known] == [
        ("BadRequest", ["InvalidQuery", "InvalidQueryLanguage"]),
        ("BadRequest", ["NoValidSubscriptionsInQueryRequest"]),
    ]
    assert known[0].details[1].additional_properties["token"] == "render"


def test_throttled_query_is_sent_again_by_the_client_and_answered() -> None:
    clock = Clock()
    app = Application(estate(), Options(rates=Rates()), clock=clock)
    request = QueryRequest(query="count")

    with running(app) as url:
        with connect(url) as client:
            answers = [data_of(client.resources(request)) for _ in range(15)]
            with pytest.raises(HttpResponseError) as caught:
                client.resources(request)
        with connect(url, transport=sleeping_by(clock), retry_total=1) as patient:
            answers.append(data_of(patient.resources(request)))

    assert answers == [[{"Count": 7}]] * 16
    assert (caught.value.status_code, clock.now - Clock().now) == (429, timedelta(seconds=5))


def test_operations_are_listed(graph: ResourceGraphClient) -> None:
    assert [operation.name for operation in graph.operations.list()] == [
        "Microsoft.ResourceGraph/operations/read",
        "Microsoft.ResourceGraph/resources/read",
    ]


def test_saved_queries_are_kept_like_any_other_resource(graph: ResourceGraphClient) -> None:
    saved = GraphQueryResource(location="global", query="resources | count")

    graph.graph_query.create_or_update(SUBSCRIPTION, "rg-Payments", "mine", saved)
    read = graph.graph_query.get(SUBSCRIPTION, "rg-Payments", "mine")
    graph.graph_query.delete(SUBSCRIPTION, "rg-Payments", "mine")

    assert read.query == "resources | count"
    with pytest.raises(ResourceNotFoundError):
        graph.graph_query.get(SUBSCRIPTION, "rg-Payments", "mine")
