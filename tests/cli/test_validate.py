"""`uami validate` warns about risky trust, and with `--strict` refuses it; what is wrong is told all the same."""

from pathlib import Path

import pytest

from tests.cli.command import Uami

RISKY = """\
version: 1
subscription: 00000000-0000-0000-0000-000000000001
resourceGroups:
  rg-a:
    identities:
      - name: id-one
        federatedCredentials:
          - name: github-pr
            github: {repository: contoso/payments, ownerId: 1234, repositoryId: 5678, pullRequest: true}
          - name: github-main
            github: {repository: contoso/payments, ownerId: 1234, repositoryId: 5678, branch: main}
policy: {identities: exact}
"""
MESSAGE = (
    "trusts every pull request of the repository: whoever can push a branch can become the identity with a workflow"
    " that nobody has reviewed, and so can forks that the repository sends write tokens to"
)
HINT = (
    "Trust a branch, or an environment with required reviewers; give pull requests an identity of their own, with no"
    " more than they need."
)
WARNING = f"""\
The manifest is valid: 1 identity in 1 resource group.

m.yaml:8:13: warning: rg-a/id-one/federatedCredentials/github-pr {MESSAGE} [trust-pull-request]
    hint: {HINT}

"""


@pytest.fixture
def risky(folder: Path) -> Path:
    """`m.yaml`, which trusts pull requests."""
    (folder / "m.yaml").write_text(RISKY)
    return folder


def test_risky_trust_is_warned_about_after_the_verdict(uami: Uami, risky: Path) -> None:
    ended = uami("validate", "m.yaml")

    assert (ended.code, ended.stdout, ended.stderr) == (0, f"{WARNING}1 warning.\n", "")


def test_risky_trust_is_refused_by_a_strict_run(uami: Uami, risky: Path) -> None:
    ended = uami("validate", "m.yaml", "--strict")

    assert (ended.code, ended.stderr) == (3, "")
    assert ended.stdout == f"{WARNING}1 warning, refused because of --strict.\n"


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 3)])
def test_risky_trust_is_in_the_document(uami: Uami, risky: Path, flags: tuple[str, ...], code: int) -> None:
    ended = uami("validate", "m.yaml", "--format", "json", *flags)

    assert ended.code == code
    assert ended.document == {
        "format_version": "1.0",
        "summary": {"resource_groups": 1, "identities": 1, "accepted_warnings": 0},
        "violations": [],
        "notes": [],
        "warnings": [
            {
                "code": "trust-pull-request",
                "address": "00000000-0000-0000-0000-000000000001/rg-a/id-one/federatedCredentials/github-pr",
                "message": MESSAGE,
                "hint": HINT,
                "source": {"file": "m.yaml", "line": 8, "column": 13},
            }
        ],
    }


def test_strict_run_over_trust_that_is_fine_is_done(uami: Uami, quickstart: Path) -> None:
    ended = uami("validate", "identities.yaml", "--strict")

    assert (ended.code, ended.stdout) == (0, "The manifest is valid: 5 identities in 2 resource groups.\n")


def test_manifest_that_is_wrong_is_told_so_before_any_warning(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text(RISKY.replace("branch: main", "branch: main, tag: v1"))

    ended = uami("validate", "m.yaml", "--strict")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("m.yaml:11:13: error: `github` has `branch` and `tag`, which exclude each other\n")
