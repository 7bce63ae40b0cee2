"""What can go wrong in any service, as one small tree.

    DaybookError                 retryable: would the same request work later, unchanged?
    ├── SettingsError            a setting is missing or wrong; the text names its environment variable
    ├── InvalidInput             what was sent cannot be right; names the field and what would be right
    ├── NotFound                 there is nothing of that id
    ├── Conflict                 it cannot be done in the state that the thing is in
    ├── Unauthenticated          who asks did not show who they are
    ├── Forbidden                who asks may not
    ├── DataLoss                 what is kept cannot be read any more
    └── Unavailable (retryable)  a part that is needed does not answer

Texts say what happened, to what, and what to do next. They never hold a phone number, a name or a word of a person
(promise 6): a value that was refused is described, not repeated.
"""

from typing import ClassVar


class DaybookError(Exception):
    retryable: ClassVar[bool] = False


class SettingsError(DaybookError):
    pass


class InvalidInput(DaybookError):
    """A field of a request cannot be right.

    Args:
        field: the field's path in the request, e.g. `times.starts_at`.
        remedy: what would be right, as a sentence.
    """

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(f"{field}: {remedy}")
        self.field = field
        self.remedy = remedy


class NotFound(DaybookError):
    pass


class Conflict(DaybookError):
    pass


class Unauthenticated(DaybookError):
    """
    Args:
        reason: a stable term, e.g. `token_expired`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The call bears no token that is accepted here ({reason}). "
            "Both sides are to have the same secret, and clocks that agree (docs/security.md)."
        )
        self.reason = reason


class Forbidden(DaybookError):
    pass


class DataLoss(DaybookError):
    pass


class Unavailable(DaybookError):
    retryable: ClassVar[bool] = True
