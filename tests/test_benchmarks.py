"""What benchmarks print of several runs; the runs themselves are none of the tests."""

from dataclasses import replace

from tests.benchmarks.figures import Figure, document_of, line_of

RUN = Figure("100 creates", value=31.0, floor=30.0, unit="s", most=1.05)
RUNS = [replace(RUN, value=value) for value in (31.0, 30.0, 31.2)]


def test_line_has_the_medians_of_runs_and_their_spread() -> None:
    assert line_of(RUNS).split() == ["100", "creates", "31.00s", "[30.0-31.2]", "30.0", "1.03", "1.05", "0.0%", "0"]


def test_spread_of_small_figures_has_a_digit_more() -> None:
    shares = [Figure("two runs", value, 0, "", most=0.6) for value in (0.44, 0.52)]

    assert line_of(shares).split() == ["two", "runs", "0.48", "[0.44-0.52]", "-", "0.48", "0.6", "0.0%", "0"]


def test_json_has_them_too_with_every_run() -> None:
    document = document_of(RUNS)

    assert (document["median"], document["spread"], document["met"]) == (31.0, [30.0, 31.2], True)
    assert isinstance(document["runs"], list)
    assert [run["value"] for run in document["runs"]] == [31.0, 30.0, 31.2]


def test_one_run_beyond_a_bound_is_said() -> None:
    beyond = [replace(RUN, value=40.0), replace(RUN, refused=0.03), replace(RUN, exit_code=5), replace(RUN, least=1.04)]

    assert [line_of([*RUNS, one]).endswith("  beyond") for one in beyond] == [True] * 4
    assert not line_of([*RUNS, replace(RUN, refused=0.03, refused_most=0.1)]).endswith("beyond")
