"""What goes wrong in an emulated Gemini.

EmulatorError
├── UnknownSchema        a JSON schema uses a shape for which no answer can be checked (emulators.errors)
└── CannotJudge          the judge has no answer to what it was asked

ApiError                 the answer to the client, as Google words it: a code, a status, a message
"""

from typing import Any

from pydantic import ValidationError

from emulators.errors import EmulatorError


class CannotJudge(EmulatorError):
    pass


def stumbled(error: ValidationError) -> str:
    """Where something that was asked is not as it is read."""
    return ", ".join(sorted({".".join(map(str, problem["loc"])) or "all" for problem in error.errors()}))


class ApiError(Exception):
    """An answer that is an error.

    Args:
        code: the HTTP status.
        status: Google's name of it, e.g. INVALID_ARGUMENT.
    """

    def __init__(self, code: int, status: str, message: str, *details: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        return {"error": error | ({"details": list(self.details)} if self.details else {})}


def invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message)


def invalid_key() -> ApiError:
    """The key is not one that Google gave out (seen from generativelanguage.googleapis.com)."""
    return ApiError(
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        },
    )


def missing_key() -> ApiError:
    return ApiError(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def unknown_model(model: str, version: str) -> ApiError:
    return ApiError(
        404,
        "NOT_FOUND",
        f"models/{model} is not found for API version {version}, or is not supported for generateContent. "
        "Call ListModels to see the list of available models and their supported methods.",
    )
