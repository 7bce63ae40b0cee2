"""What can go wrong in the portal, below the chassis's tree.

DaybookError
├── Unauthenticated
│   ├── SignInNeeded        the page is a person's, and nobody is signed in
│   └── TokenNotAccepted    a program showed no token, or one that does not hold
├── Forbidden
│   ├── ForgedRequest       a form came from another site, or from a page that is too old
│   └── MayNotChange        a program would change something, and its token may read alone
├── BeyondTheEnd            a recording has nothing of the part that was asked for
├── TooLarge                a file that a program sent is larger than any that is taken
├── NotThatKind             and what it sent is by its Content-Type not what is taken
├── PreconditionRequired    a change has to say what it was based on
├── PreconditionFailed      what was to be changed is not any more as it was when the program read it
├── TooOften (retryable)    one browser, one address or one program asks more often than it may
├── NotFound
│   ├── PersonDeleted       whose page it is was deleted, and perhaps not all of them
│   ├── NoSuchPage          an address of ours with something in it that there is not, a month or a page
│   ├── NoSuchEntry         the person has no entry of this id: unknown and another person's look the same
│   └── NoSuchRecording     nor a recording: it was removed as they had set, or there is no such entry
├── DataLoss
│   └── EntryDamaged        something of an entry cannot be opened
├── Unavailable
│   ├── NoRoom              others bring in so much just now that this does not fit beside it
│   └── ProviderFails       the OpenID provider does not answer, not as it is to, or what it says is not to be believed
└── Conflict
    ├── SignInSpent         somebody comes back from the OpenID provider too late, twice, or in another browser
    ├── AccountTaken        the account at the OpenID provider opens somebody else's journal
    ├── LinkSpent           a link to sign in was used, or is too old
    ├── QuietHours          a call was asked for in the quiet hours
    ├── NotHeardBeforehand  the carrier speaks in the calls of this Daybook
    └── TooManyListeners    more live pages are open than one person, or all together, may have
"""

from datetime import timedelta
from typing import ClassVar

from chassis.errors import Conflict, DataLoss, DaybookError, Forbidden, NotFound, Unauthenticated, Unavailable
from portal.languages import marked


class SignInNeeded(Unauthenticated):
    def __init__(self) -> None:
        super().__init__("sign_in_needed")


class TokenNotAccepted(Unauthenticated):
    def __init__(self) -> None:
        super().__init__("token_not_accepted")


class ForgedRequest(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            marked("This did not come from a page of Daybook that is open now. Load the page again, and send it anew.")
        )


class MayNotChange(Forbidden):
    def __init__(self) -> None:
        super().__init__("This token may read, and not change anything. Make one that may on the page Me.")


class BeyondTheEnd(DaybookError):
    """
    Args:
        total_bytes: how long the whole file is.
    """

    def __init__(self, total_bytes: int) -> None:
        super().__init__(f"The file has {total_bytes} bytes. Ask for a part that begins before its end.")
        self.total_bytes = total_bytes


class TooLarge(DaybookError):
    pass


class NotThatKind(DaybookError):
    pass


class PreconditionRequired(DaybookError):
    pass


class PreconditionFailed(DaybookError):
    pass


class TooOften(DaybookError):
    """
    Args:
        again_in: after how long it may be asked once more.
    """

    retryable: ClassVar[bool] = True

    def __init__(self, again_in: timedelta) -> None:
        super().__init__(marked("That was too often. Wait a while, and try it again."))
        self.again_in = again_in


class NoRoom(Unavailable):
    def __init__(self) -> None:
        super().__init__(marked("Others are bringing in their journals just now. Try it again in some minutes."))


class ProviderFails(Unavailable):
    """
    Args:
        reason: one of REASONS, for the log and the figures.
        detail: what of it: a name of the standard's, or of an error.
    """

    REASONS = (
        *("no_answer", "answer_unreadable", "metadata_not_accepted", "answer_of_another"),
        *("client_refused", "code_refused", "id_token_not_accepted"),
    )

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(
            marked(
                "Signing in with your account does not work just now. Try it again in a minute, or sign in another way. If it "
                "goes on, tell whoever runs this Daybook."
            )
        )
        self.reason = reason
        self.detail = detail


class SignInSpent(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked("That took too long, or was begun in another browser. Begin again on the sign-in page.")
        )


class AccountTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked("This account opens another journal. Disconnect it there first, or connect another account.")
        )


class LinkSpent(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked("This link has been used, or is too old. Ask for another one, or sign in by telephone.")
        )


class QuietHours(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked("It is your quiet hours. Say that you want to be called all the same, or wait for their end.")
        )


class NotHeardBeforehand(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked(
                "In the calls of this Daybook the telephone company's voice speaks, which cannot be heard beforehand."
            )
        )


class TooManyListeners(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked(
                "Too many pages that follow a call are open. Close one of them, or load this one again to see what is new."
            )
        )


class PersonDeleted(NotFound):
    def __init__(self) -> None:
        super().__init__("This person was deleted.")


class NoSuchPage(NotFound):
    def __init__(self) -> None:
        super().__init__(marked("There is no such page."))


class NoSuchEntry(NotFound):
    def __init__(self) -> None:
        super().__init__(
            marked("Your journal has no such entry. It may have been deleted; the others are in your journal.")
        )


class NoSuchRecording(NotFound):
    def __init__(self) -> None:
        super().__init__(marked("There is no recording here: it was removed, or the entry was deleted."))


class EntryDamaged(DataLoss):
    def __init__(self) -> None:
        super().__init__(
            marked(
                "Something of this entry is damaged and cannot be opened. Whoever runs this Daybook can restore it from a "
                "backup; your other entries are not affected."
            )
        )
