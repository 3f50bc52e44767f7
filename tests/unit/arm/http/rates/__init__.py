"""The turns of calls, on a clock that the tests move."""
