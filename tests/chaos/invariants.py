"""What must hold in every scenario, whatever went wrong: the contract's promises on planning and applying, as checks.

Each check yields sentences; none means that it holds. They know the command only by its output and its requests.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator

from tests.chaos.evidence import (
    IDENTITIES,
    METHODS,
    Asked,
    Call,
    Document,
    Evidence,
    Journal,
    group_of,
    identity_path,
    is_below,
    lives,
    locked_identities,
    used_identities,
)
from tests.chaos.process import Ended

Finding = str
NOTHING_CHANGED = "nothing was changed"
CODES = {0, 1, 3, 4, 5, 64, 65, 77, 130, 143}
"""What an apply may exit with."""


def check(evidence: Evidence) -> list[Finding]:
    """Everything that does not hold."""
    return [finding for one in _CHECKS for finding in one(evidence)]


def check_output(ended: Ended, tokens: tuple[str, ...] = ()) -> list[Finding]:
    """What must hold of every run of the command by itself."""
    found = []
    name = " ".join(ended.arguments)
    if ended.code is None:
        found.append(f"hang: {name}; it said {ended.said[-500:]!r}")
    if "Traceback (most recent call last)" in ended.said:
        found.append(f"traceback: {name}: {ended.said[-1500:]}")
    found += [f"token printed: {name}" for token in tokens if token in ended.said]
    return found


def check_only_reads(asked: list[Asked], ended: Ended) -> list[Finding]:
    """What must hold of a command that only reads."""
    return [f"{' '.join(ended.arguments)} wrote: {one.method} {one.path}" for one in asked if one.is_write]


def _outputs(evidence: Evidence) -> Iterator[Finding]:
    for ended in evidence.runs:
        yield from check_output(ended, tuple(evidence.tokens))
    for journal in evidence.journals:
        yield from (f"token in {journal.path.name}" for token in evidence.tokens if token in journal.text)


def _writes_are_journalled(evidence: Evidence) -> Iterator[Finding]:
    """Each write has a line in a journal, and no call is made twice for one line."""
    if evidence.asked is None:
        return
    lines = Counter((method, call.path) for call in _calls(evidence) for method in METHODS[call.action])
    for (method, path), count in Counter((one.method, one.path) for one in evidence.ours() if one.is_write).items():
        if count > lines[method, path]:
            yield f"{count} times {method} {path}, and {lines[method, path]} lines in the journals"


def _calls_are_planned(evidence: Evidence) -> Iterator[Finding]:
    """Each call of a journal is of a change of the plan that was made right before, and of none that was refused."""
    if evidence.plan is None or evidence.competes:
        return
    planned = {one["address"].casefold(): set(one["actions"]) for one in evidence.plan["changes"]}
    refused = {one["address"].casefold() for one in evidence.plan["violations"]}
    for call in _calls(evidence):
        actions = planned.get(call.address.casefold(), set())
        if not actions - {"no-op"} or call.address.casefold() in refused:
            yield f"not planned, or refused: {call.action} {call.address} (planned: {sorted(actions)})"
        elif call.action not in _may_do(actions, call):
            yield f"planned as {sorted(actions)}: {call.action} {call.address}"


def _may_do(actions: set[str], call: Call) -> set[str]:
    """A credential that exchanges its trust is deleted and created; a role that was taken may be given back."""
    is_credential = "/federatedCredentials/" in call.address
    if is_credential and "update" in actions:
        return {"create", "update", "delete"}
    return {"create", "delete"} if is_below(call.address) and "delete" in actions else actions


def _deletes_were_looked_at(evidence: Evidence) -> Iterator[Finding]:
    """Each write comes after a read of the same thing, and a delete of an identity after one of its uses and locks."""
    seen: set[tuple[str, str, str]] = set()
    for one in evidence.ours():
        if not one.is_write:
            seen.add((one.principal, one.method, one.path))
            continue
        if (one.principal, "GET", one.path) not in seen:
            yield f"written blind: {one.method} {one.path}"
        seen.discard((one.principal, "GET", one.path))
        if one.method == "DELETE" and _is_identity(one.path):
            uses = {
                ("POST", f"{one.path}/listassociatedresources"),
                ("GET", f"{one.path}/federatedidentitycredentials"),
            }
            uses.add(("GET", f"{one.path}/providers/microsoft.authorization/locks"))
            yield from (
                f"{method} {path} was not asked before its delete"
                for method, path in sorted(uses)
                if (one.principal, method, path) not in seen
            )
            seen -= {(one.principal, method, path) for method, path in uses}


def _is_identity(path: str) -> bool:
    return IDENTITIES in path and "/" not in path.partition(IDENTITIES)[2]


def _others_are_untouched(evidence: Evidence) -> Iterator[Finding]:
    """Nothing outside the groups of the manifest, or of the target, is written."""
    target = evidence.target
    for call in _calls(evidence):
        group = group_of(call.address)
        if group not in evidence.world.groups:
            yield f"outside the manifest's groups: {call.action} {call.address}"
        if target is not None and not f"{call.address.partition('/')[2]}/".startswith(f"{target}/"):
            yield f"outside the target {target}: {call.action} {call.address}"
    before, after = lives(evidence.before), lives(evidence.after)
    if not evidence.competes and before.rest != after.rest:
        yield "locks, resources, groups or role definitions have changed"
    if evidence.competes:
        return
    touched = {call.path for call in _calls(evidence)} | {
        path for path in before.everything for gone in _deleted(evidence) if path.startswith(f"{gone}/")
    }
    for path in before.everything ^ after.everything:
        if path not in touched:
            yield f"came or went without a call: {path}"


def _kept_is_kept(evidence: Evidence) -> Iterator[Finding]:
    """What is protected, locked, in use or another's is never deleted."""
    before = lives(evidence.before)
    used, locked = used_identities(evidence.before), locked_identities(evidence.before)
    allowed = {one.casefold() for one in evidence.world.allowed}
    for path in _deleted(evidence):
        tags = before.identities[path]["tags"] if path in before.identities else {}
        name = f"{path.split('/')[4]}/{path.rpartition('/')[2]}"
        if path in locked:
            yield f"locked, and deleted: {path}"
        if path in used and name not in allowed:
            yield f"in use, and deleted: {path}"
        if tags.get("uami-protect") == "true":
            yield f"protected, and deleted: {path}"
        if tags.get("uami-owner", evidence.world.second["owner"]) != evidence.world.second["owner"]:
            yield f"another's, and deleted: {path}"


def _deleted(evidence: Evidence) -> set[str]:
    """The identities that we deleted, by the log, or by the journal where there is no log."""
    if evidence.asked is None:
        calls = (call for call in _calls(evidence) if call.action == "delete" and not is_below(call.address))
        return {call.path for call in calls if call.outcome == "done"}
    return {one.path for one in evidence.ours() if one.method == "DELETE" and one.effective and _is_identity(one.path)}


def _journal_tells_the_truth(evidence: Evidence) -> Iterator[Finding]:
    """What a journal says is done is there, unless a later call, or somebody else, has changed it."""
    if evidence.competes or len(evidence.journals) > 1 or evidence.full_disk:
        return
    after = lives(evidence.after)
    last = {call.path: call for call in _calls(evidence)}
    gone = {
        call.path for call in last.values() if call.action == "delete" and call.outcome in ("done", "in-doubt", None)
    }
    for path, call in last.items():
        if call.outcome != "done":
            continue
        is_there = path in after.everything
        if call.action == "delete" and is_there:
            yield f"deleted, by the journal, and there: {path}"
        if call.action != "delete" and not is_there and identity_path(call.address) not in gone:
            yield f"{call.action}d, by the journal, and not there: {path}"
        if call.action != "delete" and path in after.identities:
            tags = after.identities[path]["tags"]
            if tags != call.after["tags"]:
                yield f"tags are {tags}, by the journal {call.after['tags']}: {path}"


def _words_are_true(evidence: Evidence) -> Iterator[Finding]:
    """The exit code, the summary and what lives say the same."""
    changed = [f"{one.method} {one.path}" for one in evidence.ours() if one.effective]
    for ended in evidence.runs:
        name = " ".join(ended.arguments)
        if ended.code is not None and ended.code >= 0 and ended.code not in CODES:
            yield f"exit code {ended.code}: {name}"
        if ended.code is not None and ended.code < 0 and -ended.code not in ended.struck:
            yield f"killed by signal {-ended.code}: {name}"
        if ended.code in (130, 143) and not ended.struck:
            yield f"exit code {ended.code} without a signal: {name}"
        if NOTHING_CHANGED in ended.said and changed and len(evidence.runs) == 1:
            yield f"says that nothing was changed, after {changed[:3]}: {ended.said[-400:]!r}"
        # A run that was killed can have said its last word before.
        if "Apply complete!" in ended.stdout and ended.code not in (0, 3) and (ended.code is None or ended.code > 0):
            yield f"complete, by its words, and exit code {ended.code}: {ended.stdout[-300:]!r}"
        if "Apply incomplete" in ended.stdout and ended.code in (0, 3):
            yield f"incomplete, by its words, and exit code {ended.code}: {ended.stdout[-300:]!r}"


def _json_is_one_document(evidence: Evidence) -> Iterator[Finding]:
    for ended in evidence.runs:
        if "json" not in ended.arguments or (ended.code is not None and ended.code < 0) or not ended.stdout:
            continue
        document = _parsed(ended.stdout)
        if document is None:
            yield f"not one JSON document (exit code {ended.code}): {ended.stdout[:200]!r} ... {ended.stdout[-300:]!r}"
        elif ended.code == 0 and "error" in document:
            yield f"exit code 0 with an error: {document['error']}"
        elif "result" in document:
            yield from _result_is_true(document["result"], ended)


def _result_is_true(result: Document, ended: Ended) -> Iterator[Finding]:
    outcomes = Counter(one["outcome"] for one in result["changes"])
    whole = set(outcomes) <= {"done"} and not any(one.get("not_held") for one in result["changes"])
    if ended.code in (0, 3) and not whole:
        yield f"exit code {ended.code}, and not all is done: {dict(outcomes)}"
    if ended.code == 5 and whole:
        yield "exit code 5, and all is done"
    if result["complete"] is not whole:
        yield f"complete: {result['complete']}, with {dict(outcomes)}"


def _parsed(text: str) -> Document | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _calls(evidence: Evidence) -> list[Call]:
    return [call for journal in evidence.journals for call in journal.calls]


def journal_of_one(journals: list[Journal]) -> Journal | None:
    """The newest one."""
    return journals[-1] if journals else None


_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    *(_outputs, _writes_are_journalled, _calls_are_planned, _deletes_were_looked_at, _others_are_untouched),
    *(_kept_is_kept, _journal_tells_the_truth, _words_are_true, _json_is_one_document),
)
