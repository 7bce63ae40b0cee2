"""What can go wrong in the portal, below the chassis's tree.

DaybookError
├── Unauthenticated
│   └── SignInNeeded        the page is a person's, and nobody is signed in
├── Forbidden
│   └── ForgedRequest       a form came from another site, or from a page that is too old
└── Conflict
    └── LinkSpent           a link to sign in was used, or is too old
"""

from chassis.errors import Conflict, Forbidden, Unauthenticated
from portal.languages import marked


class SignInNeeded(Unauthenticated):
    def __init__(self) -> None:
        super().__init__("sign_in_needed")


class ForgedRequest(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            marked("This did not come from a page of Daybook that is open now. Load the page again, and send it anew.")
        )


class LinkSpent(Conflict):
    def __init__(self) -> None:
        super().__init__(
            marked("This link has been used, or is too old. Ask for another one, or sign in by telephone.")
        )
