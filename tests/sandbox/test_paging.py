"""Lists in pages: complete, linked as ARM links them, and steady while others write."""

import httpx
import pytest

from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    TYPE,
    VERSION,
    application,
    client,
    contents,
    group,
    identity,
    names,
    token_of,
)

EVERYWHERE = f"{IN_SUBSCRIPTION}/providers/{TYPE}"


def read_pages(arm: httpx.Client, path: str, query: dict[str, str] = VERSION) -> list[httpx.Response]:
    pages = [arm.get(path, params=query)]
    while "nextLink" in pages[-1].json():
        pages.append(arm.get(pages[-1].json()["nextLink"]))
    return pages


@pytest.mark.parametrize("path", [EVERYWHERE, IDENTITIES])
def test_thousand_identities_come_in_ten_pages_of_a_hundred(path: str) -> None:
    expected = [f"id-{number:04}" for number in range(1000)]
    app = application(contents([identity(name) for name in reversed(expected)]), page_size=100)

    with client(app) as arm:
        pages = read_pages(arm, path)

    assert [len(page.json()["value"]) for page in pages] == [100] * 10
    assert [name for page in pages for name in names(page)] == expected


def test_next_link_is_absolute_where_the_client_asked_and_keeps_the_query() -> None:
    app = application(contents([identity("id-a"), identity("id-b")]), page_size=1)

    with client(app) as arm:
        page = arm.get(f"https://other.test:8443/{EVERYWHERE}", params={"api-version": "2024-11-30", "x": "a b&c"})

    link, _, token = page.json()["nextLink"].partition("&%24skiptoken=")
    assert link == f"https://other.test:8443/{EVERYWHERE}?api-version=2024-11-30&x=a%20b%26c"
    assert token


def test_list_that_changes_between_pages_neither_repeats_nor_skips_what_stays() -> None:
    app = application(contents([identity(f"id-{letter}") for letter in "bdf"]), page_size=2)

    with client(app) as arm:
        first = arm.get(IDENTITIES, params=VERSION)
        arm.delete(f"{IDENTITIES}/id-b", params=VERSION)
        arm.delete(f"{IDENTITIES}/id-d", params=VERSION)
        for name in ("id-a", "id-e"):
            arm.put(f"{IDENTITIES}/{name}", params=VERSION, json={"location": "westeurope"})
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second)) == (["id-b", "id-d"], ["id-e", "id-f"])


def test_filtered_list_fills_its_pages_with_what_may_be_read() -> None:
    readable = {f"id-{number}" for number in range(0, 10, 3)}
    app = application(
        contents(
            [identity(f"id-{number}") for number in range(10)],
            [Grant("me", f"{IDENTITIES}/{name}", ("*/read",)) for name in readable],
        ),
        page_size=2,
    )

    with client(app, token_of("me")) as arm:
        pages = read_pages(arm, IDENTITIES)

    assert [names(page) for page in pages] == [["id-0", "id-3"], ["id-6", "id-9"]]


def test_groups_page_too() -> None:
    app = application(contents(groups=[group(f"rg-{number}") for number in range(5)]), page_size=2)

    with client(app) as arm:
        pages = read_pages(arm, f"{IN_SUBSCRIPTION}/resourceGroups", GROUPS_VERSION)

    assert [name for page in pages for name in names(page)] == [f"rg-{number}" for number in range(5)]


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_resources_and_identities_of_all_groups_page_together(page_size: int) -> None:
    groups = [group(name) for name in ("rg-a", "rg-b", "rg-c")]
    machines = [
        Resource(f"{one.resource_id}/providers/{kind}/vm", kind, "vm", "westeurope")
        for one in groups
        for kind in ("Microsoft.Compute/virtualMachines", "Microsoft.Web/sites")
    ]
    identities = [identity(name, one.name) for one in groups for name in ("id-a", "id-b")]
    app = application(contents(identities, groups=groups).having(Resource, tuple(machines)), page_size=page_size)

    with client(app) as arm:
        pages = read_pages(arm, f"{IN_SUBSCRIPTION}/resources", GROUPS_VERSION)

    assert [len(page.json()["value"]) for page in pages] == [page_size] * (12 // page_size)
    assert [name for page in pages for name in names(page)] == ["vm", "id-a", "id-b", "vm"] * 3


def test_token_of_a_wider_list_does_not_widen_a_narrower_one() -> None:
    groups = [group("rg-a"), group("rg-b")]
    identities = [identity("id-a", "rg-a"), identity("id-a-2", "rg-a"), identity("id-b", "rg-b")]
    app = application(contents(identities, groups=groups), page_size=1)

    with client(app) as arm:
        first = arm.get(EVERYWHERE, params=VERSION)
        token = httpx.URL(first.json()["nextLink"]).params["$skiptoken"]
        narrower = arm.get(IDENTITIES.replace("rg-Payments", "rg-b"), params={**VERSION, "$skiptoken": token})

    assert (names(first), names(narrower)) == (["id-a"], ["id-b"])


@pytest.mark.parametrize("token", ["", "x", "bm90IGpzb24=", "W10=", "WzFd", "ü"])
def test_token_that_was_never_given_out_is_refused(token: str) -> None:
    with client(application()) as arm:
        refused = arm.get(IDENTITIES, params={**VERSION, "$skiptoken": token})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidSkipToken")


@pytest.mark.parametrize(("top", "status"), [("2", 200), ("0", 400), ("-1", 400), ("x", 400), ("²", 400)])
def test_top_is_a_positive_number(top: str, status: int) -> None:
    app = application(contents(groups=[group(f"rg-{number}") for number in range(5)]))

    with client(app) as arm:
        page = arm.get(f"{IN_SUBSCRIPTION}/resourceGroups", params={**GROUPS_VERSION, "$top": top})

    assert page.status_code == status
    assert len(page.json().get("value", [])) == (2 if status == 200 else 0)
