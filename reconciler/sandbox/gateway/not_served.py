"""What Azure has and the sandbox has not: an answer that nobody can take for one of Azure's."""

from reconciler.sandbox.gateway.answers import ArmRefusalError

HEADER = "x-uami-sandbox"
NOT_SERVED = "not-served"
CODE = "NotServedBySandbox"


class NotServedError(ArmRefusalError):
    """A call that Azure would answer and the sandbox cannot.

    Attributes:
        what: the thing that is not served, without names of the caller's own, so that it is the same for every call.
    """

    def __init__(self, what: str) -> None:
        super().__init__(501, CODE, message_of(what), from_gateway=False, headers={HEADER: NOT_SERVED})
        self.what = what


def message_of(what: str) -> str:
    """The message of the error body."""
    return f"Azure has {what}; this sandbox does not serve it. See `uami sandbox serve --help`."
