"""The route of Resource Graph: pages, formats, options, facets, refusals, headers, and the provider's operations."""

import base64
import uuid
from typing import Any

import pytest

from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from tests.sandbox.arm import JSON, SUBSCRIPTION, Clock, application, client, contents, error, identity, token_of
from tests.sandbox.graph import NEWEST, PATH, details, estate, post

FIVE = [f"id-{number}" for number in range(5)]
NAMES = "resources | project name"
INVALID = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


def five() -> Application:
    return application(contents([identity(name) for name in FIVE]))


def found(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["data"]]


def test_answer_is_in_recorded_form_and_order() -> None:
    with client(five()) as arm:
        answer = post(arm, "resources | project name, tags | take 1")

    assert answer.text == (
        '{"totalRecords":1,"count":1,"data":[{"name":"id-0","tags":{}}],"facets":[],"resultTruncated":"false"}'
    )


def test_pages_go_on_by_token_until_everything_was_seen() -> None:
    with client(five()) as arm:
        first = post(arm, NAMES, options={"$top": 2})
        second = post(arm, NAMES, options={"$skipToken": first.json()["$skipToken"]})
        third = post(arm, NAMES, options={"$skipToken": second.json()["$skipToken"]})

    answers = [first, second, third]
    assert [found(answer) for answer in answers] == [FIVE[:2], FIVE[2:4], FIVE[4:]]
    assert [answer.json()["resultTruncated"] for answer in answers] == ["false"] * 3
    assert [(answer.json()["totalRecords"], answer.json()["count"]) for answer in answers] == [(5, 2), (5, 2), (5, 1)]
    assert "$skipToken" not in third.json()


def test_token_is_of_the_recorded_form() -> None:
    with client(five()) as arm:
        token = post(arm, NAMES, options={"$top": 2, "$skip": 1}).json()["$skipToken"]

    text = base64.b64decode(token).decode()
    assert text.splitlines() == [
        "{",
        '  "$id": "1",',
        '  "MaxRows": 2,',
        '  "RowsToSkip": 3,',
        '  "KustoClusterUrl": "https://sandbox"',
        "}",
    ]
    assert "\r\n" in text


def test_options_go_before_what_a_token_says() -> None:
    with client(five()) as arm:
        token = post(arm, NAMES, options={"$top": 1}).json()["$skipToken"]
        answer = post(arm, NAMES, options={"$skipToken": token, "$top": 3, "$skip": 0})

    assert found(answer) == FIVE[:3]


def test_rows_are_skipped_unless_the_query_has_a_limit() -> None:
    with client(five()) as arm:
        skipped = post(arm, NAMES, options={"$skip": 3})
        limited = post(arm, f"{NAMES} | limit 2", options={"$skip": 3})
        beyond = post(arm, NAMES, options={"$skip": 9})

    assert (found(skipped), found(limited), found(beyond)) == (FIVE[3:], FIVE[:2], [])


@pytest.mark.parametrize("query", [f"{NAMES} | take 5", f"{NAMES} | limit 5", "resources | project tags, properties"])
def test_result_that_has_no_pages_is_cut_off_and_says_so(query: str) -> None:
    with client(five()) as arm:
        answer = post(arm, query, options={"$top": 2}).json()

    assert (answer["totalRecords"], answer["count"], answer["resultTruncated"]) == (5, 2, "true")
    assert "$skipToken" not in answer


def test_answer_has_a_thousand_rows_unless_fewer_are_asked_for() -> None:
    app = application(contents([identity(f"id-{number:04}") for number in range(1001)]))

    with client(app) as arm:
        answer = post(arm, NAMES).json()

    assert (answer["totalRecords"], answer["count"], "$skipToken" in answer) == (1001, 1000, True)


TABLE = {
    "columns": [
        {"name": "name", "type": "string"},
        {"name": "tags", "type": "object"},
        {"name": "n", "type": "integer"},
        {"name": "r", "type": "number"},
        {"name": "b", "type": "boolean"},
    ],
    "rows": [["id-0", {}, 1, 1.5, True]],
}
OBJECTS = [{"name": "id-0", "tags": {}, "n": 1, "r": 1.5, "b": True}]


@pytest.mark.parametrize(
    ("version", "asked", "data"),
    [
        ("2019-04-01", None, TABLE),
        ("2019-04-01", "objectArray", OBJECTS),
        ("2021-03-01", None, OBJECTS),
        ("2021-06-01-preview", None, OBJECTS),
        ("2022-10-01", "table", TABLE),
        ("2024-04-01", None, OBJECTS),
        ("2024-04-01", "Table", TABLE),
    ],
)
def test_format_is_as_asked_or_that_of_the_api_version(version: str, asked: str | None, data: object) -> None:
    query = "resources | where name == 'id-0' | project name, tags, n = toint('1'), r = 1.5, b = true"

    with client(five()) as arm:
        answer = post(arm, query, version, options={"resultFormat": asked}, subscriptions=[SUBSCRIPTION])

    assert answer.json()["data"] == data


def test_table_without_rows_has_its_columns() -> None:
    with client(five()) as arm:
        answer = post(
            arm, "resources | where name == '' | summarize count() by name", options={"resultFormat": "table"}
        )

    assert answer.json()["data"] == {
        "columns": [{"name": "name", "type": "string"}, {"name": "count_", "type": "integer"}],
        "rows": [],
    }


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"query": None}, "EmptyQuery", "The query must not be empty."),
        ({"query": ""}, "EmptyQuery", "The query must not be empty."),
        ({"query": 7}, "InvalidRequest", "The value of 'query' must be a string."),
        ({"subscriptions": "x"}, "InvalidRequest", "The value of 'subscriptions' must be a list."),
        ({"subscriptions": [7]}, "InvalidRequest", "The value of 'subscriptions' must be a list of strings."),
        (
            {"subscriptions": ["a", SUBSCRIPTION, "b"]},
            "SubscriptionsContainInvalidGuids",
            "Subscriptions contain invalid GUIDs: 'a,b'.",
        ),
        (
            {"subscriptions": [SUBSCRIPTION], "managementGroups": ["mg"]},
            "InvalidQueryScope",
            "Subscriptions and management groups cannot be used at the same time.",
        ),
        ({"options": []}, "InvalidRequest", "The value of 'options' must be an object."),
        ({"options": {"$top": 0}}, "InvalidRequest", "The value of '$top' must be from 1 to 1000."),
        ({"options": {"$top": 1001}}, "InvalidRequest", "The value of '$top' must be from 1 to 1000."),
        ({"options": {"$top": True}}, "InvalidRequest", "The value of '$top' must be a whole number."),
        ({"options": {"$skip": -1}}, "InvalidRequest", "The value of '$skip' must be from 0."),
        (
            {"options": {"resultFormat": "csv"}},
            "InvalidRequest",
            "The value of 'resultFormat' must be one of table, objectArray.",
        ),
        (
            {"options": {"authorizationScopeFilter": "Here"}},
            "InvalidRequest",
            "The value of 'authorizationScopeFilter' must be one of AtScopeAndBelow, AtScopeAndAbove, AtScopeExact, "
            "AtScopeAboveAndBelow.",
        ),
        (
            {"options": {"allowPartialScopes": "yes"}},
            "InvalidRequest",
            "The value of 'allowPartialScopes' must be a boolean.",
        ),
        ({"options": {"$skipToken": "?"}}, "InvalidSkipToken", "The $skipToken is not valid."),
        ({"options": {"$skipToken": "e30="}}, "InvalidSkipToken", "The $skipToken is not valid."),
        (
            {"options": {"$skipToken": base64.b64encode(b'{"MaxRows": 0, "RowsToSkip": 1}').decode()}},
            "InvalidSkipToken",
            "The $skipToken is not valid.",
        ),
        ({"facets": [7]}, "InvalidRequest", "The value of 'facets' must be a list of objects."),
    ],
)
def test_request_that_makes_no_sense_is_refused(body: dict[str, Any], code: str, message: str) -> None:
    with client(five()) as arm:
        answer = arm.post(PATH, params=NEWEST, json={"query": "resources", **body})

    assert details(answer) == (400, "BadRequest", [{"code": code, "message": message}])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "where where",
            [
                INVALID,
                {
                    "code": "ParserFailure",
                    "message": "ParserFailure",
                    "line": 1,
                    "characterPositionInLine": 11,
                    "token": "<EOF>",
                },
            ],
        ),
        (
            "resources\n| count\nfoo",
            [INVALID, {"code": "ParserFailure", "message": "ParserFailure", "line": 3, "token": "foo"}],
        ),
        (
            "resources | render table",
            [
                INVALID,
                {
                    "code": "InvalidQueryLanguage",
                    "message": "InvalidQueryLanguage",
                    "line": -1,
                    "characterPositionInLine": -1,
                    "token": "render",
                },
            ],
        ),
        ("summarize cout()", [INVALID, {"code": "UnknownFunction", "message": "Unknown function: 'cout'."}]),
        (
            "otherresources",
            [
                {
                    "code": "DisallowedLogicalTableName",
                    "message": "Table otherresources is invalid, unsupported or disallowed.",
                }
            ],
        ),
        (
            "where compliant",
            [
                INVALID,
                {
                    "code": "SemanticError",
                    "message": "'where' operator: Failed to resolve column or scalar expression named 'compliant'",
                },
            ],
        ),
    ],
)
def test_query_that_cannot_be_answered_is_refused_in_the_words_of_the_service(query: str, expected: object) -> None:
    with client(five()) as arm:
        answer = post(arm, query)

    assert details(answer) == (400, "BadRequest", expected)
    assert answer.json()["error"]["message"] == (
        "Please provide below info when asking for support: timestamp = 2026-03-01T12:00:00.0000000Z, correlationId = "
        f"{answer.headers['x-ms-correlation-request-id']}."
    )
    assert "x-ms-failure-cause" not in answer.headers


def test_refusal_repeats_the_correlation_id_of_the_client() -> None:
    mine = str(uuid.UUID(int=7))

    with client(five()) as arm:
        headers = {"x-ms-correlation-request-id": mine}
        answer = arm.post(PATH, params=NEWEST, json={"query": "x y"}, headers=headers)

    assert answer.headers["x-ms-correlation-request-id"] == mine
    assert answer.json()["error"]["message"].endswith(f"correlationId = {mine}.")


def test_oldest_api_version_needs_subscriptions() -> None:
    with client(five()) as arm:
        without = post(arm, "resources", "2019-04-01", managementGroups=["mg"])

    message = "There must be at least one subscription that is eligible to contain resources. Given: ''."
    assert details(without) == (
        400,
        "BadRequest",
        [{"code": "NoValidSubscriptionsInQueryRequest", "message": message}],
    )


def test_facets_count_the_rows_of_the_result() -> None:
    facets: list[dict[str, Any]] = [
        {"expression": "location"},
        {"expression": "resourceGroup, properties.principalId", "options": {"sortOrder": "asc", "$top": 1}},
        {"expression": "location", "options": {"filter": "location startswith 'north'"}},
        {"expression": "location", "options": {"sortBy": "toupper(location)", "sortOrder": "asc", "$top": 1}},
        {"expression": "absent"},
        {"expression": "absent,location"},
        {"expression": "tags"},
    ]
    query = (
        "resources | where type contains 'identities' "
        "| project location, resourceGroup, tostring(properties.principalId), tags | order by location asc"
    )

    with client(application(estate())) as arm:
        answer = post(arm, query, facets=facets)

    by_location = [{"location": "westeurope", "count": 2}, {"location": "northeurope", "count": 1}]
    invalid = {"code": "InvalidColumnNames", "message": "Invalid column names: [absent]."}
    assert answer.json()["facets"] == [
        {
            "expression": "location",
            "totalRecords": 2,
            "count": 2,
            "data": by_location,
            "resultType": "FacetResult",
        },
        {
            "expression": "resourceGroup, properties.principalId",
            "totalRecords": 3,
            "count": 1,
            "data": [{"resourceGroup": "rg-data", "properties_principalId": "principal of id-c", "count": 1}],
            "resultType": "FacetResult",
        },
        {
            "expression": "location",
            "totalRecords": 1,
            "count": 1,
            "data": by_location[1:],
            "resultType": "FacetResult",
        },
        {
            "expression": "location",
            "totalRecords": 2,
            "count": 1,
            "data": by_location[1:],
            "resultType": "FacetResult",
        },
        {
            "expression": "absent",
            "errors": [{"code": "NoValidColumns", "message": "No valid columns in facet expression."}, invalid],
            "resultType": "FacetError",
        },
        {"expression": "absent,location", "errors": [invalid], "resultType": "FacetError"},
        {
            "expression": "tags",
            "errors": [
                {
                    "code": "SemanticError",
                    "message": "Summarize group key 'tags' is of a 'dynamic' type. Please use an explicit cast (for "
                    "example, 'summarize ... by tostring(tags)') as grouping by a 'dynamic' type is not supported.",
                }
            ],
            "resultType": "FacetError",
        },
    ]


def test_facet_is_in_the_format_of_the_result() -> None:
    with client(five()) as arm:
        answer = post(arm, NAMES, facets=[{"expression": "name"}], options={"resultFormat": "table", "$top": 1})

    facet = answer.json()["facets"][0]
    assert facet["data"]["columns"] == [{"name": "name", "type": "string"}, {"name": "count", "type": "integer"}]
    assert (facet["totalRecords"], len(facet["data"]["rows"])) == (5, 5)


def test_every_answer_tells_what_is_left_of_the_quota() -> None:
    quota = {
        "x-ms-user-quota-remaining": "14",
        "x-ms-user-quota-resets-after": "00:00:05",
        "x-ms-ratelimit-remaining-tenant-resource-requests": "14",
        "x-ms-ratelimit-remaining-tenant-reads": "249",
    }

    with client(five()) as arm:
        answers = [post(arm, "resources"), post(arm, "resources"), post(arm, "x y")]

    assert [answer.status_code for answer in answers] == [200, 200, 400]
    for answer in answers:
        told = {name: value for name, value in answer.headers.items() if "quota" in name or "ratelimit" in name}
        assert told == quota


def test_quota_is_counted_down_for_each_caller_and_begins_anew_after_its_window() -> None:
    clock = Clock()
    app = Application(estate(), Options(rates=Rates()), clock=clock)
    seen = []

    with client(app, token_of("first")) as first, client(app, token_of("second")) as second:
        for arm, later_s in ((first, 0), (first, 3), (second, 0), (first, 2.5), (first, 0)):
            clock.advance(later_s)
            headers = post(arm, "resources | take 1").headers
            seen.append((headers["x-ms-user-quota-remaining"], headers["x-ms-user-quota-resets-after"]))

    assert seen == [
        ("14", "00:00:05"),
        ("13", "00:00:02"),
        ("14", "00:00:05"),
        ("14", "00:00:05"),
        ("13", "00:00:05"),
    ]


def test_caller_over_the_quota_is_refused_as_quoted_and_let_in_after_as_long_as_told() -> None:
    clock = Clock()
    app = Application(estate(), Options(rates=Rates()), clock=clock)

    with client(app) as arm:
        passed = [post(arm, "resources | take 1").status_code for _ in range(15)]
        clock.advance(1.5)
        refused = post(arm, "resources | take 1")
        clock.advance(int(refused.headers["Retry-After"]) - 1)
        again = post(arm, "resources | take 1")
        clock.advance(1)
        let_in = post(arm, "resources | take 1")

    assert (passed, again.status_code, let_in.status_code) == ([200] * 15, 429, 200)
    assert details(refused) == (
        429,
        "RateLimiting",
        [
            {
                "code": "RateLimiting",
                "message": "Client application has been throttled and should not attempt to repeat the request until "
                "an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
            }
        ],
    )
    assert refused.json()["error"]["message"].startswith(
        "Please provide below info when asking for support: timestamp = 2026-03-01T12:00:01.5000000Z, correlationId = "
    )
    told = {name: value for name, value in refused.headers.items() if "quota" in name or name == "retry-after"}
    assert told == {
        "retry-after": "4",
        "x-ms-user-quota-remaining": "0",
        "x-ms-user-quota-resets-after": "00:00:04",
    }
    assert refused.headers["x-ms-ratelimit-remaining-tenant-resource-requests"] == "0"


def test_operations_of_the_provider_are_listed() -> None:
    with client(five()) as arm:
        answer = arm.get("/providers/Microsoft.ResourceGraph/operations", params=NEWEST)

    assert [operation["name"] for operation in answer.json()["value"]] == [
        "Microsoft.ResourceGraph/operations/read",
        "Microsoft.ResourceGraph/resources/read",
    ]


@pytest.mark.parametrize(
    ("method", "path", "version", "code"),
    [
        ("GET", PATH, "2024-04-01", (405, "MethodNotAllowed")),
        ("POST", PATH, "2020-01-01", (404, "InvalidResourceType")),
        ("POST", "/providers/Microsoft.ResourceGraph/robots", "2024-04-01", (404, "InvalidResourceType")),
        ("POST", "/providers/Microsoft.ResourceGraph/resourcesHistory", "2024-04-01", (501, "NotServedBySandbox")),
        ("POST", PATH, "2018-09-01-preview", (501, "NotServedBySandbox")),
    ],
)
def test_what_the_provider_has_not_is_refused(method: str, path: str, version: str, code: tuple[int, str]) -> None:
    with client(five()) as arm:
        answer = arm.request(method, path, params={"api-version": version}, json={"query": "resources"})

    assert error(answer)[:2] == code


def test_body_that_is_no_json_is_refused() -> None:
    with client(five()) as arm:
        answer = arm.post(PATH, params=NEWEST, content=b"resources", headers=JSON)

    assert error(answer)[:2] == (400, "InvalidRequestContent")


def test_provider_and_path_are_found_in_any_case() -> None:
    with client(application(estate())) as arm:
        answer = arm.post(PATH.upper().replace("/MICROSOFT", "//microsoft"), params=NEWEST, json={"query": "count"})

    assert answer.json()["data"] == [{"Count": 7}]
