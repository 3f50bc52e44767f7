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
VALID = "The manifest is valid: 1 identity in 1 resource group.\n"
REFUSED = (
    "Refused (exit 3): the manifest has 1 warning that it does not accept, and --strict lets none pass. Looked at:"
    " 1 identity in 1 resource group.\n"
)
WARNING = f"""\

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

    assert (ended.code, ended.stdout, ended.stderr) == (0, f"{VALID}{WARNING}1 warning.\n", "")


def test_risky_trust_is_refused_by_a_strict_run(uami: Uami, risky: Path) -> None:
    ended = uami("validate", "m.yaml", "--strict")

    assert (ended.code, ended.stderr) == (3, "")
    assert ended.stdout == f"{REFUSED}{WARNING}1 warning, refused because of --strict.\n"
    assert "valid" not in ended.stdout


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 3)])
def test_risky_trust_is_in_the_document(uami: Uami, risky: Path, flags: tuple[str, ...], code: int) -> None:
    ended = uami("validate", "m.yaml", "--format", "json", *flags)

    assert ended.code == code
    assert ended.document == {
        "format_version": "1.0",
        "outcome": "refused" if flags else "valid",
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
        "skipped_files": [],
    }


def test_strict_run_over_trust_that_is_fine_is_done(uami: Uami, quickstart: Path) -> None:
    ended = uami("validate", "identities.yaml", "--strict")

    assert (ended.code, ended.stdout) == (0, "The manifest is valid: 5 identities in 2 resource groups.\n")


def test_manifest_that_is_wrong_is_told_so_before_any_warning(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text(RISKY.replace("branch: main", "branch: main, tag: v1"))

    ended = uami("validate", "m.yaml", "--strict")

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("m.yaml:11:13: error: `github` has `branch` and `tag`, which exclude each other\n")


@pytest.mark.parametrize("where", ["version: 1", "policy: {identities: exact}"])
def test_strict_run_over_what_the_manifest_accepts_is_done(uami: Uami, risky: Path, where: str) -> None:
    accept = 'accept: [{code: trust-pull-request, reason: "no rights"}]'
    (risky / "m.yaml").write_text(RISKY.replace(where, f"{where}\n{accept}"))

    ended = uami("validate", "m.yaml", "--strict")

    note = "The manifest accepts 1 warning: trust-pull-request (1).\n"
    assert (ended.code, ended.stdout) == (0, VALID + note)


def test_code_that_cannot_be_accepted_is_an_error_with_the_one_that_is_meant(uami: Uami, risky: Path) -> None:
    entries = "{code: trust-pull-requests, reason: x}, {code: grant, reason: x}, {code: value-blanks, reason: ' '}"
    (risky / "m.yaml").write_text(f"{RISKY}accept: [{entries}]\n")

    ended = uami("validate", "m.yaml", "--format", "json")

    found = [(one["code"], one["column"], one["message"]) for one in ended.document["error"]["diagnostics"]]
    assert (ended.code, found) == (
        65,
        [
            ("unknown-value", 17, "`code` cannot be the text `trust-pull-requests`"),
            ("accept-not-here", 50, "the guard `grant` is accepted by a credential or a role for itself alone"),
            ("accept-reason", 105, "` ` is not a reason"),
        ],
    )
    assert ended.document["error"]["diagnostics"][0]["hint"] == "Did you mean `trust-pull-request`?"


@pytest.fixture
def repository(folder: Path) -> Path:
    """A folder as a repository's root: a manifest, the files of other tools, and what is not looked into."""
    (folder / "identities").mkdir()
    (folder / "identities" / "m.YAML").write_text(RISKY.replace("pullRequest: true", "tag: v1"))
    for name, text in {
        ".github/workflows/ci.yml": "on: [push]\njobs: {}\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "node_modules/a/b.yaml": "version: 1\n",
        "compose.yaml": "services: {}\n",
        "chart/templates/a.yml": "apiVersion: v1\nkind: X\nspec: {{ .Values.a }}\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


NOTE = (
    "Skipped 3 YAML files that are no uami manifests: ./.pre-commit-config.yaml, ./chart/templates/a.yml,"
    " ./compose.yaml. A file that is named itself is always read.\n"
)


def test_root_of_a_repository_is_its_manifests_and_the_rest_is_told_once(uami: Uami, repository: Path) -> None:
    ended = uami("validate", ".")

    assert (ended.code, ended.stdout, ended.stderr) == (0, VALID, NOTE)


def test_files_that_are_no_manifests_are_in_the_document(uami: Uami, repository: Path) -> None:
    ended = uami("validate", ".", "--format", "json")

    skipped = ["./.pre-commit-config.yaml", "./chart/templates/a.yml", "./compose.yaml"]
    assert (ended.code, ended.document["skipped_files"], ended.stderr) == (0, skipped, NOTE)


def test_file_that_is_named_is_read_whatever_it_is(uami: Uami, repository: Path) -> None:
    for paths in ((".", "compose.yaml"), ("compose.yaml", ".")):
        ended = uami("validate", *paths)

        assert ended.code == 65
        assert "compose.yaml:1:1: error: this is no uami manifest: it has no key of one\n" in ended.stderr
        assert ended.stderr.count("compose.yaml:") == 1


def test_manifest_with_a_slip_in_a_key_is_an_error_beside_the_note(uami: Uami, repository: Path) -> None:
    manifest = repository / "identities" / "m.YAML"
    manifest.write_text(manifest.read_text().replace("resourceGroups:", "resourceGrops:"))

    ended = uami("validate", ".")

    assert ended.code == 65
    assert ended.stderr.startswith(NOTE)
    assert "./identities/m.YAML:3:1: error: `resourceGrops` is not a key of the manifest" in ended.stderr


def test_folder_without_a_manifest_is_an_error(uami: Uami, repository: Path) -> None:
    ended = uami("validate", "chart")

    assert ended.code == 65
    assert "chart:1:1: error: there is no manifest in this directory: none of its YAML files has" in ended.stderr
