"""Built-in roles have names even where nobody may read their definitions."""

import json
from pathlib import Path

import reconciler.sandbox
from reconciler.model import Access
from reconciler.model.roles.built_in import BUILT_IN_ROLES, role_name

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CUSTOM = "0f0e0d0c-0000-4000-8000-000000000001"


def test_table_is_that_of_the_sandbox() -> None:
    path = Path(reconciler.sandbox.__file__).parent / "rules" / "built_in_roles.json"
    roles = json.loads(path.read_text(encoding="utf-8"))

    assert {one["guid"].casefold(): one["name"] for one in roles} == BUILT_IN_ROLES


def test_role_that_is_not_built_in_stays_a_guid() -> None:
    assert (role_name(READER.upper()), role_name(CUSTOM)) == ("Reader", CUSTOM)


def test_what_arm_says_goes_first() -> None:
    access = Access(names={READER: "Reader (renamed)", CUSTOM: "Ours"})

    assert [access.role_name(one) for one in (READER, CUSTOM)] == ["Reader (renamed)", "Ours"]
    assert Access().role_name(READER) == "Reader"
