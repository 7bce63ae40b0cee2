"""How much of what is being sent to the portal may be in its memory at once. Pure."""


class MemoryBudget:
    """
    Args:
        largest_bytes: of all together.
    """

    def __init__(self, largest_bytes: int) -> None:
        self._left_bytes = largest_bytes

    def take(self, number_of_bytes: int) -> bool:
        """Whether there is room for so many more; they are taken then."""
        if number_of_bytes > self._left_bytes:
            return False
        self._left_bytes -= number_of_bytes
        return True

    def give_back(self, number_of_bytes: int) -> None:
        self._left_bytes += number_of_bytes
