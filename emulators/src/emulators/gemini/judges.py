"""Who answers in Gemini's place."""

from collections import deque
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from emulators.gemini.errors import CannotJudge

Answer = dict[str, Any]


class Judge(Protocol):
    def answer(self, asked: str, fields: AbstractSet[str]) -> Answer:
        """The answer to what a request asks, which is then held to the schema of the request.

        Args:
            asked: the newest words of the request.
            fields: those that the schema of the request has.

        Raises:
            CannotJudge: there is none.
        """
        ...


class ScriptedJudge:
    """Gives the answers that it was given, in that order."""

    def __init__(self) -> None:
        self._script: deque[Answer] = deque()

    def add(self, answers: list[Answer]) -> None:
        self._script.extend(answers)

    def clear(self) -> None:
        self._script.clear()

    def __len__(self) -> int:
        return len(self._script)

    def answer(self, asked: str, fields: AbstractSet[str]) -> Answer:  # noqa: ARG002 - a script does not listen
        if not self._script:
            raise CannotJudge("the script has no answer left: add some by POST /answers on the admin port")
        return self._script.popleft()
