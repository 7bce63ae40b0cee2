from emulators.errors import EmulatorError


class TokenRefused(EmulatorError):
    """
    Args:
        error: RFC 6749, 5.2.
    """

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
