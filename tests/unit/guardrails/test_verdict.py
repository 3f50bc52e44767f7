"""What guardrails say of manifests offline, and that a run without any has nothing to say."""

from pathlib import Path

import pytest

from reconciler.errors import InputFileError
from reconciler.guardrails.verdict import DeclaredVerdict, judge_offline
from tests.unit.manifest.manifests import load_text

MANIFEST = """
version: 1
subscription: 00000000-0000-0000-0000-000000000001
owner: team-a
resourceGroups: {rg-app: {identities: [id-a]}}
"""
RAILS = "version: 1\nowners: [team-b]\n"


def test_without_guardrails_nothing_is_refused() -> None:
    assert judge_offline(None, {}, ("m.yaml",), load_text(MANIFEST)) == DeclaredVerdict()


def test_file_of_the_flag_and_that_of_the_environment_both_judge(tmp_path: Path) -> None:
    flag, mandatory = tmp_path / "flag.yaml", tmp_path / "mandatory.yaml"
    flag.write_text(RAILS, encoding="utf-8")
    mandatory.write_text(RAILS, encoding="utf-8")
    manifest = tmp_path / "manifests" / "m.yaml"

    verdict = judge_offline(str(flag), {"UAMI_GUARDRAILS": str(mandatory)}, (str(manifest),), load_text(MANIFEST))

    assert [one.code for one in verdict.violations] == ["guardrail", "guardrail"]


def test_variable_that_is_empty_is_an_error() -> None:
    with pytest.raises(InputFileError):
        judge_offline(None, {"UAMI_GUARDRAILS": " "}, (), load_text(MANIFEST))
