"""Whatever a manifest looks like: an edit means what is proposed, and what stays is there letter by letter."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.desired import Desired, DesiredIdentity
from reconciler.manifest.load import load_manifest
from reconciler.migration.choose import Change, Step, propose
from reconciler.migration.edit import edit_text
from reconciler.migration.ids import RepositoryIds
from reconciler.model import CredentialId, FederatedCredential, Part, ResourceId, Trust
from tests.builders import SUBSCRIPTION
from tests.strategies import FEW_EXAMPLES

IDS = {"contoso/app": RepositoryIds(12, 34)}
GITHUB = "issuer: https://token.actions.githubusercontent.com"

ENTRIES = (
    "{name: NAME, github: {repository: contoso/app, legacySubject: true, branch: NAME}}",
    f"{{{GITHUB},\n   subject: 'repo:contoso/app:environment:NAME', name: \"NAME\"\n  }}",
    "name: NAME # name\n  github:\n    legacySubject: true\t# tab\n    tag: NAME\n    repository: 'contoso/app'",
    f'subject: "repo:contoso/app:environment:NAME"\n  # inner\n  {GITHUB} # issuer\n\n  name: NAME',
    f"name: NAME\n  {GITHUB}\n  subject: >- # repo:contoso/app: it was\n    repo:contoso/app:environment:NAME\n"
    "  accept: # why\n  - code: trust-by-name\n    reason: r # behind\n  # last\n  expires: 2030-01-31",
    f"name: NAME\n  subject: |-\n    repo:contoso/app:environment:NAME\n  {GITHUB}\n"
    "  accept: [{code: trust-by-name, reason: 'r, ]'}] # behind",
    "name: NAME\n  kubernetes: {issuer: https://oidc.example/c1, namespace: a, serviceAccount: NAME}",
    f"{{name: NAME, {GITHUB}, subject: 'repo:contoso/other:environment:NAME'}}",
)
"""Entries without their dash: in brackets, in lines, keys in any order, comments anywhere, texts of several lines."""


@st.composite
def lists(draw: st.DrawFn, indent: str, names: list[str]) -> str:
    """A list of credentials, whose names are new ones: in lines, or in brackets where its entries are so."""
    entries = draw(st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=4))
    texts = []
    for entry in entries:
        names.append(f"job-{len(names)}")
        texts.append(entry.replace("NAME", names[-1]))
    if all(one.startswith("{") for one in texts) and draw(st.booleans()):
        within = draw(st.sampled_from([", ", f", # comma\n{indent}  "]))
        return f"{indent}federatedCredentials: [{within.join(texts)}]\n".replace("\n   ", f"\n{indent}   ")
    dash = draw(st.sampled_from(["", "  "]))
    lines = [f"{indent}federatedCredentials: # list"]
    for text in texts:
        lines += draw(st.sampled_from([[], [f"{indent}{dash}# between"], [""]]))
        first, *more = text.split("\n")
        lines += [f"{indent}{dash}- {first}", *(f"{indent}{dash}{one}" if one else "" for one in more)]
    return "\n".join([*lines, ""])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A manifest with credentials of its own, and by defaults of the document and of the group, or not."""
    names: list[str] = []
    text = f"# first\nversion: 1\nsubscription: {SUBSCRIPTION}\npolicy: {{identities: exact}}\t# tab\n"
    if draw(st.booleans()):
        text += f"defaults:\n{draw(lists('  ', names))}"
    text += "resourceGroups:\n  rg-app:\n"
    if draw(st.booleans()):
        text += f"    defaults:\n{draw(lists('      ', names))}"
    text += f"    identities:\n      - id-bare\n      - name: id-own\n{draw(lists('        ', names))}"
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def declared(text: str) -> list[DesiredIdentity]:
    """The identities of a manifest."""
    Path("m.yaml").write_text(text, newline="")
    desired: Desired = load_manifest(["m.yaml"], {}, {}, lambda: b"")
    return [one for group in desired.groups for one in group.identities]


Trusts = Mapping[ResourceId, Mapping[str, Trust]]


def trusts(identities: list[DesiredIdentity]) -> Trusts:
    return {one.resource_id: {two.name: two.trust for two in one.federated_credentials or ()} for one in identities}


def meant(identities: list[DesiredIdentity], changes: list[Change]) -> Trusts:
    """What the identities trust with these changes."""
    step_of = {one.line: one.step for one in changes}
    found: dict[ResourceId, dict[str, Trust]] = {}
    for one in identities:
        of = found.setdefault(one.resource_id, {})
        for credential in one.federated_credentials or ():
            step, trust = step_of.get(credential.line), credential.trust
            if step is not Step.REMOVE:
                of[credential.name] = trust
            if step is Step.ADD:
                subject = trust.subject.replace("repo:contoso/app:", "repo:contoso@12/app@34:")
                of[f"{credential.name}-ids"] = replace(trust, subject=subject)
    return found


def is_within(part: str, whole: str) -> bool:
    """Whether all characters of a text are in another one, in their order."""
    rest = iter(whole)
    return all(char in rest for char in part)


def propose_and_edit(text: str, *, live: bool) -> tuple[str, list[Change]]:
    """The text after a round, and what was changed; all that is listed lives, or nothing does."""
    identities = declared(text)
    there = {
        one.resource_id: Part(
            tuple(
                FederatedCredential(CredentialId(one.resource_id, name), trust)
                for name, trust in trusts([one])[one.resource_id].items()
            )
        )
        for one in identities
        if live
    }
    changes = propose(identities, there, IDS).changes
    after, left = edit_text(text, changes)
    made = [one for one in changes if one.line not in left]
    assert trusts(declared(after)) == meant(identities, made)
    return after, made


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A working directory for all examples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("layouts"))
        yield


@FEW_EXAMPLES
@given(texts())
def test_edit_means_what_is_proposed_and_keeps_everything_else(text: str) -> None:
    added, additions = propose_and_edit(text, live=False)
    removed, removals = propose_and_edit(added, live=True)

    assert {one.step for one in additions} <= {Step.ADD}
    assert {one.step for one in removals} <= {Step.REMOVE}
    assert len(removals) == len(additions)
    assert is_within(text, added)
    assert is_within(removed, added)
