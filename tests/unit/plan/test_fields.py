"""How fields and their values are named."""

import pytest

from reconciler.plan import Field, FieldChange, field_text, value_text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (FieldChange(Field.TAG, None, "x", "Env"), "tags.Env"),
        (FieldChange(Field.ISOLATION_SCOPE, "None", "Regional"), "isolation_scope"),
        (FieldChange(Field.SUBJECT, "a", "b"), "subject"),
    ],
)
def test_field_is_named_as_documents_name_it(field: FieldChange, text: str) -> None:
    assert field_text(field) == text


@pytest.mark.parametrize(("value", "text"), [(None, "absent"), ("", "''"), ("a'b", '"a\'b"')])
def test_value_in_a_sentence_is_quoted_or_absent(value: str | None, text: str) -> None:
    assert value_text(value) == text
