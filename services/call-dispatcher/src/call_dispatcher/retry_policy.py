"""How often a call is tried, by how its last attempt ended. Pure; `retry_policy_file.py` reads what an operator wrote."""

from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from call_dispatcher.calls import Outcome

DelayS = Annotated[float, Field(gt=0, le=86_400)]
"""Seconds; a window is open for a day at most."""


RetriedOutcome = Literal[Outcome.BUSY, Outcome.NO_ANSWER, Outcome.FAILED, Outcome.VOICEMAIL, Outcome.ANSWERED_SILENT]
"""The outcomes of which another attempt may make something else."""


class OutcomePolicy(BaseModel):
    """What follows an attempt that ended so."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    attempts: int = Field(ge=1, le=10, description="Attempts that a call may have in all for there to be one more.")
    delays_s: tuple[DelayS, ...] = Field(
        min_length=1,
        max_length=10,
        description="Seconds before the next attempt: after the first, after the second …; the last one holds for the rest.",
    )


class RetryPolicy(BaseModel):
    """Which outcomes are followed by another attempt, and when. One that is not named is final."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    jitter: float = Field(
        default=0.0, ge=0, le=0.5, description="Each delay is made longer or shorter by up to this share of it."
    )
    outcomes: dict[RetriedOutcome, OutcomePolicy] = Field(description="By how the attempt ended.")

    def retried(self, outcome: Outcome) -> bool:
        """Whether an attempt that ended so is ever followed by another."""
        return outcome in self.outcomes

    def delay_after(self, outcome: Outcome, attempts: int, attempt_id: str) -> timedelta | None:
        """How long a person is left in peace.

        Args:
            outcome: how the call's latest attempt ended.
            attempts: how many it has had, that one counted.
            attempt_id: of that one. What it draws of the jitter is the same whenever it is asked for.

        Returns:
            None where no other attempt is to be made.
        """
        policy = self.outcomes.get(cast("RetriedOutcome", outcome))  # another one is no key
        if policy is None or attempts >= policy.attempts:
            return None
        delay_s = policy.delays_s[min(attempts, len(policy.delays_s)) - 1]
        return timedelta(seconds=delay_s * (1 + self.jitter * (2 * _drawn(attempt_id) - 1)))


def _drawn(attempt_id: str) -> float:
    """A number from 0 until just before 1, evenly spread over the attempts."""
    return int.from_bytes(sha256(attempt_id.encode()).digest()[:6]) / 2**48
