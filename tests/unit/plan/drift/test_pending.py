"""Applied, pending, drifted: by what the commit says, what the files say, and what lives."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.plan.changes import Action, Change
from reconciler.plan.drift.differences import differs
from reconciler.plan.drift.pending import pending_changes
from tests.builders import compare, desired_group, listed, live_group, live_identity

NAMES = ("id-a", "id-b", "id-c")
TAGS = ("env", "tier")

Tags = Mapping[str, str]
World = Mapping[str, Tags]
"""Tags by identity; an identity without an entry is not there."""

tags = st.dictionaries(st.sampled_from(TAGS), st.sampled_from("xy"), max_size=2)
worlds = st.dictionaries(st.sampled_from(NAMES), tags, max_size=3)


def changes_of(declared: World, live: World) -> list[Change]:
    """The comparison of what is declared, each tag of it as a value or as absent, with what lives."""
    whole = (
        listed(name, tags={tag: values.get(tag) for tag in TAGS}, line=number)
        for number, (name, values) in enumerate(declared.items(), start=5)
    )
    return list(compare(desired_group(*whole), live_group(*(live_identity(name, tags=live[name]) for name in live))))


def short(changes: list[Change]) -> dict[str, tuple[Action, frozenset[str]]]:
    """By identity: what is to be done, and of an update to which tags."""
    return {
        one.resource_id.address.rpartition("/")[2]: (one.action, frozenset(field.name for field in one.differences))
        for one in changes
        if differs(one)
    }


def expected(base: World, head: World, live: World) -> dict[str, tuple[Action, frozenset[str]]]:
    """What is pending, thing by thing: it differs between commit and files, and lives as the commit says."""
    found = {}
    for name in NAMES:
        there = (name in base, name in head, name in live)
        match there:
            case (False, True, False):
                found[name] = (Action.CREATE, frozenset[str]())
            case (True, False, True):
                found[name] = (Action.DELETE, frozenset())
            case (True, True, True):
                fields = {
                    tag
                    for tag in TAGS
                    if live[name].get(tag) == base[name].get(tag) and head[name].get(tag) != base[name].get(tag)
                }
                if fields:
                    found[name] = (Action.UPDATE, frozenset(fields))
    return found


@settings(max_examples=60)
@given(worlds, worlds, worlds)
def test_pending_is_what_the_files_have_beyond_the_commit_and_lives_as_the_commit_says(
    base: World, head: World, live: World
) -> None:
    found = pending_changes(changes_of(base, live), changes_of(head, live))

    assert short(list(found)) == expected(base, head, live)


@given(worlds, worlds)
def test_nothing_is_pending_where_the_files_are_the_commit(base: World, live: World) -> None:
    changes = changes_of(base, live)

    assert pending_changes(changes, changes) == ()


@given(worlds, worlds)
def test_all_is_pending_where_nothing_has_drifted(base: World, head: World) -> None:
    changes = changes_of(head, base)

    assert list(pending_changes(changes_of(base, base), changes)) == [one for one in changes if differs(one)]


def test_location_that_only_the_files_claim_is_pending() -> None:
    live = live_group("id-a")
    base = list(compare(desired_group("id-a"), live))
    head = list(compare(desired_group(listed("id-a", location="northeurope")), live))

    assert [one.resource_id for one in pending_changes(base, head)] == [head[0].resource_id]
    assert pending_changes(head, head) == ()
