"""`uami doctor`: what plan and apply would have here, and what is missing, with the command that gives it."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import access_token
from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.documents import problems
from tests.cli.inputs import SUBSCRIPTION, TENANT, grant, group_scope, write_manifest, write_state

DOCTOR = ("doctor", "m.yaml", "--sandbox", "s.json")
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
PRINCIPAL = "0b2c0000-0000-4000-8000-000000000000"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
KEEP_ALL = {"identities": "merge", "roleAssignments": "merge"}
ROLE = {"role": "Reader", "scope": group_scope("rg-data")}
TRUST = {"name": "main", "issuer": "https://issuer.example", "subject": "main"}


def token(**claims: object) -> dict[str, str]:
    """An environment with a token that is good for long."""
    return {"UAMI_ACCESS_TOKEN": access_token({"tid": TENANT, "oid": PRINCIPAL, "exp": 4102444800, **claims})}


def rights(document: dict[str, list[dict[str, str]]], status: str) -> list[tuple[str, str]]:
    """Scope (the group's name, or all of it) and right of each right that stands like this."""
    return [(one["scope"].rpartition("/")[2], one["right"]) for one in document["rights"] if one["status"] == status]


def standings(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """How each check stands, by its name."""
    return {one["name"]: one["status"] for one in document["checks"]}


def test_doctor_with_every_right_shows_the_whole_table_and_exits_0(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, policy={"identities": "merge"})
    write_state(folder / "s.json", {"rg-a": {}})
    arm = serve("s.json")

    ended = uami("doctor", "m.yaml", *arm.flags, environment=token())

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == (
        "ok           cloud         AzureCloud\n"
        "ok           credential    token\n"
        f"ok           principal     object id {PRINCIPAL}\n"
        "ok           token         valid until 2100-01-01T00:00:00Z\n"
        f"ok           tenant        {TENANT}\n"
        f"ok           endpoint      {arm.url}\n"
        "ok           api-version   2024-11-30 of Microsoft.ManagedIdentity\n"
        f"ok           subscription  contoso ({SUBSCRIPTION}) of the tenant {TENANT}\n"
        "ok           clock         this machine's clock agrees with ARM's\n"
        "\n"
        f"Rights at {group_scope('rg-a')}\n"
        "  ok           read identities\n"
        "  ok           create and update identities\n"
        "  ok           read the resource group\n"
        "\n"
        "Deny assignments, Azure Policy and conditions of role assignments are not checked.\n"
        "Everything that plan and apply of this manifest need is there.\n"
    )
    assert set(arm.requests) == {("GET", 200)}


def test_doctor_names_what_is_missing_and_the_command_that_gives_it(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": [ROLE]}]})
    write_state(folder / "s.json", {"rg-a": {}, "rg-data": {}}, [grant(IN_SUBSCRIPTION, "*/read")])
    arm = serve("s.json")

    ended = uami("doctor", "m.yaml", *arm.flags, environment=token())

    assert (ended.code, ended.stderr) == (77, "")
    assert (
        f"  missing      delete identities  ({IDENTITIES}/delete; the role Managed Identity Contributor has it)\n"
        in ended.stdout
    )
    assert ended.stdout.endswith(
        "\n\nTo be given, by whoever administers these scopes:\n"
        "  az role assignment create --role 'Managed Identity Contributor'"
        f" --scope {group_scope('rg-a')} --assignee {PRINCIPAL}\n"
        "  az role assignment create --role 'Role Based Access Control Administrator'"
        f" --scope {group_scope('rg-data')} --assignee {PRINCIPAL}\n"
        "\n"
        "Deny assignments, Azure Policy and conditions of role assignments are not checked.\n"
        "Plan and apply of this manifest do not have all that they need: 4 missing, 0 failed.\n"
    )


def test_doctor_asks_for_no_right_that_the_manifest_does_not_need(uami: Uami, folder: Path) -> None:
    credentials = {"name": "id-one", "federatedCredentials": [TRUST]}
    manifests = {
        "merge": write_manifest(folder / "a.yaml", {"rg-a": ["id-one"]}, policy={"identities": "merge"}),
        "empty": write_manifest(folder / "b.yaml", {"rg-a": []}),
        "credentials": write_manifest(
            folder / "c.yaml",
            {"rg-a": [credentials]},
            policy={"identities": "merge", "federatedCredentials": "merge"},
        ),
        "roles": write_manifest(
            folder / "d.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": [ROLE]}]}, policy=KEEP_ALL
        ),
    }
    write_state(folder / "s.json", {"rg-a": {}, "rg-data": {}})

    needed = {
        name: rights(uami("doctor", path.name, *DOCTOR[2:], "--format", "json").document, "ok")
        for name, path in manifests.items()
    }

    always = [("rg-a", "read identities"), ("rg-a", "read the resource group")]
    write = ("rg-a", "create and update identities")
    assert {name: sorted(found) for name, found in needed.items()} == {
        "merge": sorted([*always, write]),
        "empty": sorted(
            [
                *always,
                ("rg-a", "delete identities"),
                ("rg-a", "read federated credentials"),
                ("rg-a", "read role assignments"),
                ("rg-a", "read locks"),
                (SUBSCRIPTION, "query Resource Graph"),
            ]
        ),
        "credentials": sorted(
            [
                *always,
                write,
                ("rg-a", "read federated credentials"),
                ("rg-a", "create and update federated credentials"),
            ]
        ),
        "roles": sorted(
            [
                *always,
                write,
                ("rg-a", "read role assignments"),
                ("rg-data", "read role assignments"),
                ("rg-data", "read role definitions"),
                ("rg-data", "give roles"),
                ("rg-data", "take roles away"),
            ]
        ),
    }


def test_doctor_of_one_identity_asks_for_what_that_one_needs(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one", {"name": "id-two", "roleAssignments": [ROLE]}], "rg-b": []})
    write_state(folder / "s.json", {"rg-a": {}, "rg-data": {}, "rg-b": {}})

    ended = uami(*DOCTOR, "--target", "rg-a/id-one", "--format", "json")

    assert rights(ended.document, "ok") == [
        ("rg-a", "read identities"),
        ("rg-a", "create and update identities"),
        ("rg-a", "read the resource group"),
    ]


def test_doctor_is_as_its_schema_says(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-gone": ["id-two"]})
    write_state(folder / "s.json", {"rg-a": {}}, [grant(group_scope("rg-a"), "*/read")])

    ended = uami(*DOCTOR, "--format", "json")

    assert (ended.code, ended.stderr) == (77, "")
    assert problems(ended.document, "doctor:v1") == []
    assert {one["status"] for one in ended.document["rights"]} == {"ok", "missing", "not-checked"}
    assert ended.document["credential"] == "sandbox"


def test_group_that_does_not_let_itself_be_asked_is_not_checked(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-gone": []}, policy={"identities": "merge"})
    write_state(folder / "s.json", {}, [grant(IN_SUBSCRIPTION, "Microsoft.Resources/*", "*/permissions/read")])

    ended = uami(*DOCTOR)

    assert ended.code == 0
    assert (
        "  not checked  read identities  (it does not exist, or you may not read your permissions there)\n"
        in ended.stdout
    )
    assert ended.stdout.endswith("need is there, as far as it could be checked.\n")


def test_no_right_counts_as_there_below_what_does_not_exist(uami: Uami, folder: Path) -> None:
    role = {"role": "Reader", "scope": f"{group_scope('rg-nowhere')}/providers/Microsoft.Storage/storageAccounts/st"}
    write_manifest(
        folder / "m.yaml",
        {"rg-a": [{"name": "id-one", "roleAssignments": [role]}], "rg-gone": ["id-two", "id-three"]},
        policy=KEEP_ALL,
    )
    write_state(folder / "s.json", {"rg-a": {}})

    document = uami(*DOCTOR, "--format", "json").document

    failed = [(one["name"], one["subject"]) for one in document["checks"] if one["status"] == "failed"]
    assert failed == [("group", group_scope("rg-gone")), ("scope", role["scope"])]
    assert {scope for scope, _ in rights(document, "ok")} == {"rg-a"}
    assert {scope for scope, _ in rights(document, "not-checked")} == {"rg-gone", "st"}
    assert problems(document, "doctor:v1") == []


def test_doctor_of_a_subscription_that_is_not_there_says_what_to_check(uami: Uami, folder: Path) -> None:
    other = "00000000-0000-0000-0000-000000000009"
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, subscription=other)
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami(*DOCTOR, "--format", "json")

    (found,) = [one for one in ended.document["checks"] if one["name"] == "subscription"]
    assert (ended.code, ended.document["rights"]) == (77, [])
    assert (found["status"], found["subject"]) == ("missing", other)
    assert found["hint"] == "Check the id, and that you are signed in to its tenant with access to it."


@pytest.mark.parametrize("says", ["token", "manifest", "subscription"])
def test_doctor_of_another_tenant_says_which_and_looks_no_further(
    uami: Uami, folder: Path, serve: Serve, says: str
) -> None:
    keys = {"tenant": OTHER_TENANT} if says == "manifest" else {}
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, **keys)
    write_state(folder / "s.json", {"rg-a": {}})
    arm = serve("s.json")
    login = token() if says != "subscription" else {"UAMI_ACCESS_TOKEN": "opaque"}
    tenant = () if says == "manifest" else ("--tenant", OTHER_TENANT)

    ended = uami("doctor", "m.yaml", *arm.flags, *tenant, "--format", "json", environment=login)

    where = {"token": "credential", "manifest": "tenant", "subscription": "subscription"}[says]
    (found,) = [one for one in ended.document["checks"] if one["status"] == "missing"]
    assert (ended.code, found["name"], ended.document["rights"]) == (77, where, [])
    assert f"of the tenant {TENANT}, not of {OTHER_TENANT}" in found["detail"].replace(
        f"is of the tenant {TENANT}", f"of the tenant {TENANT}"
    )
    assert found["hint"] != ""
    assert (arm.requests == []) == (says != "subscription")


def test_doctor_without_a_login_says_what_to_set(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("doctor", "m.yaml", *serve("s.json").flags)

    assert (ended.code, ended.stdout) == (77, "")
    assert "UAMI_ACCESS_TOKEN" in ended.stderr


def test_doctor_with_a_token_that_has_ended_says_when(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("doctor", "m.yaml", *serve("s.json").flags, environment=token(exp=1000000000))

    assert ended.code == 77
    assert "missing      token         ended at 2001-09-09T01:46:40Z\n" in ended.stdout


def test_doctor_with_an_api_version_that_nobody_knows_says_which_there_are(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami(*DOCTOR, "--api-version", "2031-01-01", "--format", "json")

    assert standings(ended.document)["api-version"] == "failed"
    assert (ended.code, standings(ended.document)["subscription"]) == (1, "ok")


def test_doctor_writes_nothing_into_the_sandbox(uami: Uami, quickstart: Path) -> None:
    before = {path: path.read_bytes() for path in quickstart.iterdir()}

    ended = uami("doctor", "identities.yaml", "--sandbox", "sandbox.json")

    assert ended.code == 0
    assert {path: path.read_bytes() for path in quickstart.iterdir()} == before


def test_doctor_shows_names_from_azure_and_does_not_obey_them(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    state = json.loads(write_state(folder / "s.json", {"rg-a": {}}).read_text())
    state["subscriptions"][0]["displayName"] = "x\x1b[2Jy\nok  forged"
    (folder / "s.json").write_text(json.dumps(state))

    ended = uami(*DOCTOR)

    assert "subscription  x\\x1b[2Jy\\nok  forged (" in ended.stdout


def test_scope_of_a_role_that_does_not_exist_is_told_with_its_line(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {}})
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": [ROLE]}]})

    ended = uami(*DOCTOR, "--format", "json")

    (check,) = (one for one in ended.document["checks"] if one["name"] == "scope")
    assert (ended.code, check["status"], check["subject"]) == (1, "failed", ROLE["scope"])
    assert check["detail"] == f"m.yaml:1: {ROLE['scope']} does not exist"
    assert problems(ended.document, "doctor:v1") == []


def test_missing_scope_of_many_lines_is_one_finding(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {}})
    identities = "".join(
        f"      - {{name: id-{number}, roleAssignments: [{{role: Reader, scope: {scope}}}]}}\n"
        for number, scope in enumerate((ROLE["scope"], ROLE["scope"].upper()) * 3)
    )
    (folder / "m.yaml").write_text(
        f"version: 1\nsubscription: {SUBSCRIPTION}\nowner: me\nresourceGroups:\n  rg-a:\n    identities:\n{identities}"
    )

    ended = uami(*DOCTOR)

    assert ended.code == 1
    assert ended.stdout.count("does not exist\n") == 1
    assert f"m.yaml:7, m.yaml:8, m.yaml:9 and 3 more: {ROLE['scope']} does not exist\n" in ended.stdout
    assert ended.stdout.endswith(": 0 missing, 1 failed.\n")


def test_held_identity_needs_no_right_to_write_and_no_scope_of_its_roles(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {}})
    write_manifest(
        folder / "m.yaml",
        {"rg-a": [{"name": "id-one", "hold": "why", "roleAssignments": [ROLE]}]},
        policy={"identities": "merge", "roleAssignments": "merge"},
    )

    document = uami(*DOCTOR, "--format", "json").document

    assert [one for one in document["checks"] if one["name"] == "scope"] == []
    assert {one["action"].rpartition("/")[2] for one in document["rights"]} == {"read"}


def test_least_privilege_is_printed_as_commands_and_as_data(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {}, "rg-data": {}})
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": [ROLE]}]}, policy=KEEP_ALL)

    text = uami(*DOCTOR, "--least-privilege")
    document = uami(*DOCTOR, "--least-privilege", "--format", "json").document
    others = [uami(*DOCTOR, "--least-privilege", "--format", one) for one in ("markdown", "html")]

    least = document["least_privilege"]
    assert (text.code, text.stderr) == (0, "")
    assert problems(document, "doctor:v1") == []
    assert {one["task"] for one in least["roles"]} == {"plan", "apply", "drift", "optional"}
    assert [one["scope"] for one in least["assignments"] if one["condition"]] == [ROLE["scope"]]
    commands = [one["command"] for one in (*least["roles"], *least["assignments"])]
    assert [one for one in commands if f"  {one}\n" not in text.stdout] == []
    assert [one for one in least["not_narrowed"] if f"  {one}\n" not in text.stdout] == []
    assert [one.stdout.count("az role assignment create") >= len(least["assignments"]) for one in others] == [
        True,
        True,
    ]


def test_rights_for_the_sign_in_log_are_checked_and_printed_where_it_is_named(uami: Uami, folder: Path) -> None:
    kind = "Microsoft.OperationalInsights/workspaces"
    workspace = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a/providers/{kind}/logs"
    write_state(folder / "s.json", {"rg-a": {}})
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, policy=KEEP_ALL)

    flags = ("--least-privilege", "--sign-in-logs", workspace)
    text, document = uami(*DOCTOR, *flags), uami(*DOCTOR, *flags, "--format", "json").document

    assert problems(document, "doctor:v1") == []
    checked = [one["action"].removeprefix(kind) for one in document["rights"] if one["scope"] == workspace]
    assert checked == ["/query/AADManagedIdentitySignInLogs/read", "/query/read", "/read"]
    (given,) = [one for one in document["least_privilege"]["assignments"] if one["task"] == "sign-ins"]
    assert given["scope"] == workspace
    assert f"  {given['command']}\n" in text.stdout


def test_least_privilege_leaves_out_what_guardrails_do_not_let_through(uami: Uami, folder: Path) -> None:
    write_state(folder / "s.json", {"rg-a": {}, "rg-data": {}})
    manifest = folder / "manifests"
    manifest.mkdir()
    write_manifest(manifest / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": [ROLE]}]}, owner="me")
    (folder / "g.yaml").write_text("version: 1\nroles: []\ndeletes: {onlyNamed: true}\n")
    command = ("doctor", "manifests", "--sandbox", "s.json", "--least-privilege", "--format", "json")

    free, bounded = uami(*command).document, uami(*command, "--guardrails", "g.yaml").document

    def actions(document: dict[str, Any]) -> set[str]:
        return {action for one in document["least_privilege"]["roles"] for action in one["definition"]["Actions"]}

    gone = {"/".join(one.split("/")[-2:]) for one in actions(free) - actions(bounded)}
    assert {"roleAssignments/write", "roleAssignments/delete", "userAssignedIdentities/delete"} <= gone
    assert bounded["least_privilege"]["notes"] == [
        "What the guardrails do not let through needs no right: `uami validate --guardrails` names it."
    ]


def test_guardrails_without_least_privilege_are_wrong_usage(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})

    ended = uami(*DOCTOR, "--guardrails", "g.yaml")

    assert (ended.code, ended.stdout) == (64, "")
    assert "--guardrails bounds --least-privilege alone" in ended.stderr


def test_least_rights_are_not_said_where_nobody_is_signed_in(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {}})
    arm = serve("s.json")
    expired = token(exp=1)

    ended = uami("doctor", "m.yaml", *arm.flags, "--least-privilege", "--format", "json", environment=expired)

    assert (ended.code, ended.document["least_privilege"]) == (77, None)
