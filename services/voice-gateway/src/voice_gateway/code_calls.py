"""Calls that tell a code for signing in: no stream, no reflection and nothing in the journal, whatever the orchestrator."""

from collections.abc import Callable

import structlog

from voice_gateway import twiml
from voice_gateway.attempts import Attempt
from voice_gateway.briefing import Briefing, Briefings
from voice_gateway.calls import CallsInProgress
from voice_gateway.code_telling import CodeCall, Step, next_step
from voice_gateway.exchange import Outcome
from voice_gateway.programme_files import sign_in_words
from voice_gateway.progress import Progress
from voice_gateway.telling import Telling

log = structlog.get_logger()

KEY_WITHIN_S = 10


class CodeCalls:
    """Answers their webhooks.

    Args:
        operator_name: who calls, as the person is told.
    """

    def __init__(
        self, *, briefings: Briefings, progress: Progress, telling: Telling, calls: CallsInProgress, operator_name: str
    ) -> None:
        self._briefings = briefings
        self._progress = progress
        self._calls = calls
        self._operator_name = operator_name
        self._telling = telling

    async def go_on(
        self,
        attempt: Attempt,
        call_sid: str,
        briefing: Briefing,
        call: CodeCall,
        pressed: str,
        *,
        address_of: Callable[[CodeCall], str],
    ) -> str:
        """The TwiML that follows.

        Args:
            attempt: whose webhook it is,
            call_sid: the carrier's id of it.
            briefing: of its call.
            call: where it stands.
            pressed: the key; empty where none was pressed, and at the beginning.
            address_of: where the carrier is to report the next key, by where the call stands then.
        """
        words = sign_in_words(briefing.locale, self._operator_name)
        step = next_step(call, pressed)
        log.info("code.step", step=step.name.lower())
        if step is Step.OPT_OUT:
            log.info("person.opted_out")
            await self._telling.tell(self._progress.reflection_ended(attempt, call_sid, "", Outcome.OPTED_OUT))
            return self._part(attempt, words.opt_out_confirmation, words.locale)
        if step is Step.PART:
            return self._part(attempt, words.good_bye, words.locale)
        text = words.offer
        if step is Step.TELL:
            # asked for now and not before: a code that nobody asked to hear is right for nobody
            code = await self._briefings.code_of_call(attempt.call_id)
            if not code:
                return self._part(attempt, words.too_late, words.locale)
            await self._telling.tell(self._progress.code_told(attempt, call_sid))
            text = words.told(code)
        return twiml.say_and_await_key(
            text, language=words.locale, action_url=address_of(call.after(step)), timeout_s=KEY_WITHIN_S
        )

    def _part(self, attempt: Attempt, last_words: str, language: str) -> str:
        self._calls.ended(attempt.attempt_id)
        return twiml.say_and_hang_up(last_words, language=language)
