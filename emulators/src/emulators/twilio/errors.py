"""What can go wrong in the emulated carrier, in the terms in which Twilio itself says it.

EmulatorError             retryable: would the same request work later, unchanged?
└── TwilioError           carries one of Twilio's codes (https://www.twilio.com/docs/api/errors)
    ├── RequestRefused    a REST request, answered with Twilio's JSON error body
    ├── WebhookFailed     the app did not answer a webhook as it must
    ├── MalformedTwiml    the app's document cannot be run
    └── StreamFault       the app broke a rule of the Media Streams protocol
"""

from http import HTTPStatus
from typing import ClassVar

from emulators.errors import EmulatorError


class TwilioError(EmulatorError):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RequestRefused(TwilioError):
    """Args: `message` is Twilio's own wording where it is known; like Twilio's, it may repeat what was sent."""

    def __init__(self, code: int, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code, message)
        self.status = int(status)


class WebhookFailed(TwilioError):
    retryable: ClassVar[bool] = True


class MalformedTwiml(TwilioError):
    pass


class StreamFault(TwilioError):
    pass
