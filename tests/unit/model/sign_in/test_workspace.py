"""The resource id of a workspace, and what is none."""

import pytest

from reconciler.errors import UsageError
from reconciler.model.sign_in.workspace import parse_workspace
from tests.builders import SUBSCRIPTION

ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/logs"


def test_workspace_is_read_in_any_case_and_keeps_its_names() -> None:
    assert str(parse_workspace(ID)) == ID
    assert str(parse_workspace(ID.replace("resourceGroups", "resourcegroups").replace("Microsoft", "microsoft"))) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "logs",
        SUBSCRIPTION,
        f"{ID}/",
        f"{ID}/tables/t",
        ID.replace("/workspaces/", "/clusters/"),
        ID.replace(SUBSCRIPTION, "mine"),
        ID.replace("rg-logs", ".."),
        ID.replace("rg-logs", "rg?logs"),
        f"{ID}\n",
    ],
)
def test_anything_else_is_wrong_usage_that_says_what_to_write(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_workspace(text)

    assert "workspace list" in str(refused.value.hint)
