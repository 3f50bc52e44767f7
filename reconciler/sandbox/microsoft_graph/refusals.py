"""What Microsoft Graph refuses, with status, code and message."""

from reconciler.sandbox.gateway import CODE, message_of


class GraphRefusalError(Exception):
    """A request that Graph refuses: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class GraphGapError(GraphRefusalError):
    """A request that Graph answers and the sandbox does not; `what` is the same for every such request."""

    def __init__(self, what: str) -> None:
        super().__init__(501, CODE, message_of(what))
        self.what = what


def denied() -> GraphRefusalError:
    """A caller without the permission. Source: as quoted by users (issues on Authorization_RequestDenied)."""
    return GraphRefusalError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def invalid(reason: str) -> GraphRefusalError:
    """A body that is not as it must be."""
    return GraphRefusalError(400, "Request_BadRequest", f"Invalid request: {reason}")  # Source: assumed


def not_found(object_id: str) -> GraphRefusalError:
    """An object that the directory does not have."""
    # Source: as quoted by users.
    return GraphRefusalError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )
