"""What can go wrong in the gateway, as a branch of the house's tree.

    DaybookError
    ├── ForgedRequest                  it does not bear Twilio's signature
    ├── RequestTooLarge                no webhook of Twilio's is that long
    ├── StreamRefused                  a media stream that may not be served: no start, no token, another format
    ├── StreamBroken                   a media stream that cannot be carried on; its call can, in another
    ├── MalformedFrame                 one message of a media stream that cannot be understood
    ├── SpeechRefused                  Google does not take our request, and will not take it later
    └── Unavailable (retryable)
        ├── SpeechUnavailable          Google did not answer in time, or broke off
        └── GatewayFull                this process has all the conversations that it may have

Texts hold no word, name or number of a person (promise 6).
"""

from chassis.errors import DaybookError, Unavailable


class ForgedRequest(DaybookError):
    pass


class RequestTooLarge(DaybookError):
    pass


class StreamRefused(DaybookError):
    """A media stream that may not be served.

    Args:
        reason: a stable term for logs and metrics, e.g. `token_used`.
        remedy: what to do about it, as a sentence.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"The media stream is refused ({reason}). {remedy}")
        self.reason = reason


class StreamBroken(DaybookError):
    """A media stream whose other side is as good as gone, or is not to be borne.

    Args:
        reason: a stable term for logs and metrics, e.g. `silent`.
        observation: what was seen, as a sentence.
    """

    def __init__(self, reason: str, observation: str) -> None:
        super().__init__(f"The media stream is given up ({reason}). {observation}")
        self.reason = reason


class MalformedFrame(DaybookError):
    """One message of a media stream that cannot be understood.

    Args:
        field: where in the message, e.g. `media.payload`.
        remedy: what would be right, as a sentence.
    """

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(f"A media stream message is not right at {field}: {remedy}")
        self.field = field


class SpeechRefused(DaybookError):
    pass


class SpeechUnavailable(Unavailable):
    pass


class GatewayFull(Unavailable):
    pass
