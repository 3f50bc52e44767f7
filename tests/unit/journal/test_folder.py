"""The names of journals."""

from reconciler.journal import journal_name


def test_names_of_journals_sort_by_age_within_a_second_too() -> None:
    earlier = journal_name("2026-11-30T05:14:59.249Z", "ffffffff")
    later = journal_name("2026-11-30T05:14:59.250Z", "00000000")

    assert (earlier, earlier < later) == ("20261130T051459249Z-ffffffff.jsonl", True)
