"""What can go wrong in window-scheduler beyond what the chassis names.

chassis.errors.DaybookError
├── SettingsError
│   └── KeyUnusable          the key file is missing, malformed, or not the one that the rows were sealed with
├── SealBroken               a sealed value was changed, moved to another row, or sealed with another key
├── NotFound
│   └── NoSuchPerson, NoSuchWindow, NoSuchCall
└── Unavailable (retryable)
    ├── NotAnnounced         calls are scheduled and stored, and the bus has not confirmed them all
    └── ClocksDisagree       this machine and PostgreSQL do not have the same time
"""

from uuid import UUID

from chassis.errors import DaybookError, NotFound, SettingsError, Unavailable


class KeyUnusable(SettingsError):
    pass


class SealBroken(DaybookError):
    pass


class NoSuchPerson(NotFound):
    def __init__(self, person_id: UUID) -> None:
        super().__init__(f"There is no person {person_id}. ListPeople gives the ids there are.")


class NoSuchWindow(NotFound):
    def __init__(self, window_id: UUID) -> None:
        super().__init__(f"There is no call window {window_id}. ListWindows gives the ids of a person's.")


class NoSuchCall(NotFound):
    def __init__(self, call_id: UUID) -> None:
        super().__init__(
            f"There is no call {call_id}, or its person was deleted. ListCalls gives the ids of a person's."
        )


class NotAnnounced(Unavailable):
    pass


class ClocksDisagree(Unavailable):
    pass
