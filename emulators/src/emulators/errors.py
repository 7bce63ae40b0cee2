"""What can go wrong in an emulator before a protocol of its own can say so.

    EmulatorError             retryable: would the same request work later, unchanged?
    ├── UnknownVoice          a voice was asked for that no installed wheel carries
    ├── UnspeakableText       a word does not fit the code that carries it
    └── UnknownSchema         a JSON schema uses a shape for which no answer can be made

An emulator turns these into the errors of the API that it plays: a gRPC status, or Google's JSON error body.
"""

from typing import ClassVar


class EmulatorError(Exception):
    retryable: ClassVar[bool] = False


class UnknownVoice(EmulatorError):
    pass


class UnspeakableText(EmulatorError):
    pass


class UnknownSchema(EmulatorError):
    pass
