"""`uami export`: what it prints and writes, where, and that there is either all of it or nothing."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.inputs import SUBSCRIPTION, Groups, add_to_state, grant, group_scope, identity_scope, write_state

RUN = ("export", "--subscription", SUBSCRIPTION, "--sandbox", "s.json")
STORAGE = "providers/Microsoft.Storage/storageAccounts/stteam0production"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


def role(scope: str, number: int, guid: str) -> dict[str, object]:
    """A role of the identity of a number, as ARM has it."""
    name = f"{number:08}-0000-4000-8000-{guid[-12:]}"
    properties = {
        "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        "principalId": f"0b2c0000-0000-4000-8000-{number:012}",
        "principalType": "ServicePrincipal",
        "scope": scope,
    }
    place = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return {"id": place, "name": name, "properties": properties}


def credential(group: str, name: str, fic: str, issuer: str, subject: str) -> dict[str, object]:
    """A credential of an identity, as ARM has it."""
    properties = {"issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}
    return {"id": f"{identity_scope(group, name)}/federatedIdentityCredentials/{fic}", "properties": properties}


def write_world(path: Path, groups: Groups) -> None:
    """A state in which each identity has a principal of its own, numbered in their order."""
    write_state(path, groups)
    identities = json.loads(path.read_text())["identities"]
    for number, one in enumerate(identities):
        one["properties"]["principalId"] = f"0b2c0000-0000-4000-8000-{number:012}"
    add_to_state(path, identities=identities)


@pytest.fixture
def brownfield(folder: Path) -> Path:
    """Two groups with identities, and one without."""
    write_world(
        folder / "s.json",
        {"rg-a": {"id-api": {"env": "prod"}, "id-job": {"env": "prod"}}, "rg-b": {"id-web": {}}, "rg-none": {}},
    )
    github = "https://token.actions.githubusercontent.com"
    add_to_state(
        folder / "s.json",
        federatedIdentityCredentials=[
            credential("rg-a", "id-api", "ci-main", github, "repo:c@1/r@2:ref:refs/heads/main")
        ],
        roleAssignments=[role(group_scope("rg-b"), 0, READER), role(group_scope("rg-a"), 0, READER)],
    )
    return folder


def test_export_prints_a_manifest_for_each_group_and_plan_finds_no_changes(uami: Uami, brownfield: Path) -> None:
    ended = uami(*RUN)

    assert (ended.code, ended.stderr) == (0, "1 resource group has nothing to list and no manifest: rg-none.\n")
    first, second = ended.stdout.split("---\n")
    assert first == (
        'version: 1\nsubscription: "${SUBSCRIPTION_ID}"\n'
        f"vars: {{SUBSCRIPTION_ID: {SUBSCRIPTION}}}\n"
        "defaults:\n  location: westeurope\n  tags: {env: prod}\n"
        "policy: {identities: merge, roleAssignments: merge}\n"
        "ignore:\n"
        "  # Managed by Azure: the portal writes such tags for itself, and hides them.\n  tags: [hidden-*]\n"
        "  # Managed by Azure: AKS writes aks-identity-binding for an identity binding.\n"
        "  federatedCredentials: [aks-identity-binding]\n"
        "resourceGroups:\n  rg-a:\n    identities:\n"
        "      - name: id-api\n"
        "        federatedCredentials: [{name: ci-main, github: {repository: c/r, ownerId: 1, repositoryId: 2, branch:"
        " main}}]\n"
        "        roleAssignments: [{role: Reader, scopes: [rg-a, rg-b]}]\n"
        "      - id-job\n"
    )
    assert "  rg-b:\n    identities:\n      - id-web\n" in second
    planned = uami("plan", "-", "--sandbox", "s.json", stdin=ended.stdout.encode())
    assert (planned.code, planned.stdout.splitlines()[-1]) == (0, "No changes. Live identities match the manifest.")


def test_export_with_an_owner_only_adopts(uami: Uami, brownfield: Path) -> None:
    ended = uami(*RUN, "--owner", "us", "--resource-group", "rg-a")

    planned = uami("plan", "-", "--sandbox", "s.json", stdin=ended.stdout.encode())
    assert "owner: us\n" in ended.stdout
    assert "policy: {identities: owned}\n" in ended.stdout
    assert (planned.code, planned.stdout.splitlines()[-1]) == (0, "Plan: 0 to add, 4 to change, 0 to destroy.")


def test_files_are_written_for_each_group_below_the_subscription(uami: Uami, brownfield: Path) -> None:
    (brownfield / "out").mkdir()
    before = (brownfield / "s.json").read_bytes()

    ended = uami(*RUN, "-o", "out")

    paths = [f"out/{SUBSCRIPTION}/rg-a.yaml", f"out/{SUBSCRIPTION}/rg-b.yaml"]
    assert (ended.code, ended.stdout) == (0, "")
    assert ended.stderr.splitlines()[:2] == [f"Wrote {path}." for path in paths]
    assert "".join((brownfield / path).read_text() for path in paths) == uami(*RUN).stdout.replace("---\n", "")
    assert (brownfield / "s.json").read_bytes() == before
    assert uami("plan", "out", "--sandbox", "s.json", "--detailed-exitcode").code == 0


def test_no_file_is_written_where_one_of_them_exists(uami: Uami, brownfield: Path) -> None:
    folder = brownfield / "out" / SUBSCRIPTION
    folder.mkdir(parents=True)
    (folder / "rg-b.yaml").write_text("mine")

    ended = uami(*RUN, "-o", "out")

    assert ended.code == 64
    assert "a file is there already, and is not written over" in ended.stderr
    assert [path.name for path in folder.iterdir()] == ["rg-b.yaml"]


def test_no_file_stays_where_a_later_one_cannot_be_written(uami: Uami, brownfield: Path) -> None:
    out = brownfield / "out"
    out.mkdir()
    out.chmod(stat.S_IRUSR | stat.S_IXUSR)

    ended = uami(*RUN, "-o", "out")

    out.chmod(0o700)
    if ended.code == 0:
        pytest.skip("this user may write everywhere")
    assert (ended.code, list(out.iterdir())) == (1, [])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("-o", "missing"), "-o missing: there is no directory missing\n"),
        (("-o", "missing/deeper"), "-o missing/deeper: there is no directory missing/deeper\n"),
        (("-o", "s.json"), "-o s.json: it is no directory"),
        (("-o", "yaml"), "a format where a directory belongs"),
        (("-g", "rg-x"), "--resource-group rg-x: the subscription has no such resource group"),
        (("--owner", " "), "--owner  : "),
        (("--owner", ""), "--owner : "),
    ],
)
def test_what_cannot_be_exported_is_wrong_usage(
    uami: Uami, brownfield: Path, flags: tuple[str, ...], message: str
) -> None:
    ended = uami(*RUN, *flags)

    assert (ended.code, ended.stdout) == (64, "")
    assert message in ended.stderr


def test_subscription_must_be_an_id(uami: Uami, brownfield: Path) -> None:
    ended = uami("export", "--subscription", "production", "--sandbox", "s.json")

    assert (ended.code, ended.stdout) == (64, "")


def test_excluded_identities_are_ignored_and_patterns_without_use_are_noted(uami: Uami, brownfield: Path) -> None:
    ended = uami(*RUN, "-g", "rg-a", "--exclude", "*-job", "--exclude", "nobody", "--no-role-assignments")

    assert ended.stderr == "--exclude nobody left nothing out: no identity has such a name.\n"
    assert '  # Left out of the export by --exclude.\n  identities: ["*-job"]\n' in ended.stdout
    assert "id-job" not in ended.stdout
    assert "roleAssignments:" not in ended.stdout.replace("roleAssignments: merge", "")


def test_export_that_would_be_incomplete_is_an_error(uami: Uami, brownfield: Path) -> None:
    actions = (
        *("Microsoft.Resources/*/read", "Microsoft.ManagedIdentity/*/read"),
        *("Microsoft.Authorization/permissions/read", "Microsoft.Authorization/roleDefinitions/read"),
    )
    add_to_state(brownfield / "s.json", permissions=[grant(f"/subscriptions/{SUBSCRIPTION}", *actions)])

    without_roles = uami(*RUN, "--no-role-assignments")
    ended = uami(*RUN)

    assert (without_roles.code, ended.code, ended.stdout) == (0, 77, "")
    assert "--no-role-assignments" in ended.stderr


def test_groups_that_the_caller_may_not_list_are_an_error(uami: Uami, brownfield: Path) -> None:
    add_to_state(brownfield / "s.json", permissions=[grant(group_scope("rg-a"), "*")])

    whole, part = uami(*RUN), uami(*RUN, "-g", "rg-a", "--no-role-assignments")

    assert (whole.code, whole.stdout) == (77, "")
    assert part.code == 0


def test_subscription_without_identities_exports_nothing(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-none": {}})

    ended = uami(*RUN)

    assert (ended.code, ended.stdout) == (0, "")


def test_live_text_is_printed_such_that_nothing_obeys_it(uami: Uami, folder: Path) -> None:
    value = "::error::x\u202e\n##vso[task]"
    write_state(folder / "s.json", {"rg-a": {"id-a": {"::note": value}}})

    ended = uami(*RUN)

    assert '{":\\x3Anote": ":\\x3Aerror:\\x3Ax\\u202E\\n#\\x23vso[task]"}' in ended.stdout
    assert uami("plan", "-", "--sandbox", "s.json", "--detailed-exitcode", stdin=ended.stdout.encode()).code == 0


def large(folder: Path) -> None:
    """300 identities in 6 groups, with 500 credentials and 400 roles."""
    names = {f"rg-team{group}-prod": [f"id-team{group}-svc{number:02}" for number in range(50)] for group in range(6)}
    write_world(
        folder / "s.json",
        {
            group: {name: {"costCenter": "4711", "tier": f"t{index % 3}"} for index, name in enumerate(some)}
            for group, some in names.items()
        },
    )
    tenant, cluster = "5e1f2a3b-0000-4000-8000-00000000c0de", "0b2c0000-0000-4000-8000-000000000001"
    issuer = f"https://westeurope.oic.prod-aks.azure.com/{tenant}/{cluster}/"
    github = "https://token.actions.githubusercontent.com"
    every = [(group, name) for group, some in names.items() for name in some]
    add_to_state(
        folder / "s.json",
        federatedIdentityCredentials=[
            *(credential(*one, "aks", issuer, f"system:serviceaccount:team:{one[1]}") for one in every),
            *(
                credential(
                    *one, "github-main", github, f"repo:contoso@1234567/{one[1]}@56789012:environment:production"
                )
                for one in every[:200]
            ),
        ],
        roleAssignments=[
            *(
                role(f"{group_scope(one[0])}/{STORAGE}{number:04}", number, BLOB_READER)
                for number, one in enumerate(every)
            ),
            *(role(group_scope("rg-team0-prod"), number, READER) for number in range(100)),
        ],
    )


def test_large_export_has_at_most_eight_lines_an_identity_and_none_is_long(uami: Uami, folder: Path) -> None:
    large(folder)

    ended = uami(*RUN)

    lines = ended.stdout.splitlines()
    assert ended.code == 0
    words = ("  - name: id-", "github-main", "{identity.name}")
    assert [ended.stdout.count(word) for word in words] == [300, 200, 6]
    assert max(map(len, lines)) <= 120
    assert len(lines) / 300 <= 8
