"""Tags as ARM takes them: replaced as a whole map, and checked.

Source of the limits: Azure documentation on tags (50 a resource, names to 512 characters, values to 256, and the
characters that names must not hold). Source of every code and text below: assumed; none was recorded.
"""

from collections.abc import Mapping, Sequence

from reconciler.sandbox.gateway import by_gateway
from reconciler.sandbox.state import Tags

MAX_TAGS = 50
MAX_NAME_LENGTH = 512
MAX_VALUE_LENGTH = 256
FORBIDDEN_IN_NAMES = "<>%&\\?/"


def read_tags(body: Mapping[str, object]) -> Tags | None:
    """The tags of a body, in the order sent; None where it has none (a null counts as none).

    Raises:
        ArmRefusalError: 400, the tags break a rule.
    """
    value = body.get("tags")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise by_gateway(400, "InvalidRequestContent", "The value of 'tags' is not an object.")
    tags = []
    for name, text in value.items():
        _check_name(name)
        tags.append((name, _check_value(name, text)))
    check_together(tags)
    return tuple(tags)


def _check_name(name: str) -> None:
    if not name:
        raise by_gateway(400, "InvalidTagName", "A tag name must not be empty.")
    if len(name) > MAX_NAME_LENGTH:
        raise by_gateway(
            400, "InvalidTagNameLength", f"The tag name '{name}' is longer than {MAX_NAME_LENGTH} characters."
        )
    if any(character in FORBIDDEN_IN_NAMES or ord(character) < 32 for character in name):
        forbidden = ",".join(FORBIDDEN_IN_NAMES)
        raise by_gateway(
            400,
            "InvalidTagNameCharacters",
            f"The tag names '{name}' have reserved characters '{forbidden}' or control characters.",
        )


def _check_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise by_gateway(400, "InvalidRequestContent", f"The value of tag '{name}' is not a string.")
    if len(value) > MAX_VALUE_LENGTH:
        raise by_gateway(
            400, "InvalidTagValueLength", f"The value of tag '{name}' is longer than {MAX_VALUE_LENGTH} characters."
        )
    return value


def check_together(tags: Sequence[tuple[str, str]]) -> None:
    """Refuse tags of which there are too many, or two of one name; raises ArmRefusalError (400)."""
    if len(tags) > MAX_TAGS:
        raise by_gateway(400, "TooManyTags", f"The resource has {len(tags)} tags; the maximum is {MAX_TAGS}.")
    keys = [name.casefold() for name, _ in tags]
    for name, _ in tags:
        if keys.count(name.casefold()) > 1:
            raise by_gateway(400, "DuplicateTagName", f"The tag name '{name}' is given more than once.")
