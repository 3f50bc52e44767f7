"""A proposed edit as a diff."""

from reconciler.report.trust.migration import migration_diff, next_step


def test_diff_has_the_names_and_lines_that_git_takes() -> None:
    diff = migration_diff([("d/m.yaml", "a\nb\n", "a\nb\nc\n"), ("n.yaml", "x", "y"), ("same", "s\n", "s\n")])

    assert diff == (
        "--- a/d/m.yaml\n+++ b/d/m.yaml\n@@ -1,2 +1,3 @@\n a\n b\n+c\n"
        "--- a/n.yaml\n+++ b/n.yaml\n@@ -1 +1 @@\n"
        "-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    )


def test_next_step_is_said_for_what_there_is() -> None:
    assert [*next_step(0, 0)] == []
    assert [one.partition(":")[0] for one in next_step(1, 2)] == ["1 credential to add", "2 credentials to remove"]
