"""The gateway's way from the end of speech to a prompt, with all of ours and none of the services: beside what the benchmark of
calls has, its own ear, voice and judge, around clients that take exactly as long as they say.

Prompts are ready, unless `--streamed` asks that each is said for the first time. It prints its port once it serves.
"""

import argparse
import asyncio
from itertools import count

import uvloop

from benchmarks.calls.gateway import DummyKeeper, Parts, begin_as_a_program, serve
from benchmarks.calls.one_core import take_the_servers
from benchmarks.gap.google_stand_ins import GeminiClient, SpeechClient, TextToSpeechClient
from benchmarks.gap.own_times import JOURNAL_S, RECOGNISER_S, SLOW_RECOGNISER_S
from voice_gateway.exchange import Turn
from voice_gateway.programme_files import LANGUAGES
from voice_gateway.programmes import DEFAULT_PROGRAMME, Programme
from voice_gateway.speech_to_text import GoogleSpeechToText
from voice_gateway.text_to_speech import GoogleTextToSpeech
from voice_gateway.verdict import GeminiJudge

QUESTIONS = 200
"""More than any call is asked here."""


class SlowKeeper(DummyKeeper):
    """Has each turn safe a while after it came."""

    def __init__(self) -> None:
        self._safe_s = 0.0

    def keep_turn(self, turn: Turn) -> None:  # noqa: ARG002 - it is kept nowhere
        self._safe_s = asyncio.get_running_loop().time() + JOURNAL_S

    async def turns_safe(self) -> None:
        missing_s = self._safe_s - asyncio.get_running_loop().time()
        if missing_s > 0:
            await asyncio.sleep(missing_s)


def programme(questions: tuple[str, ...]) -> Programme:
    return Programme(LANGUAGES["en"], questions, "Daybook")


async def main(*, streamed: bool, recogniser_s: float) -> None:
    to_text = GoogleSpeechToText(SpeechClient(recogniser_s), recognizer="", model="")  # type: ignore[arg-type]
    voice = GoogleTextToSpeech(TextToSpeechClient(), voice="")  # type: ignore[arg-type]
    judge = GeminiJudge(GeminiClient(), model="")  # type: ignore[arg-type]
    questions = LANGUAGES["en"].programmes[DEFAULT_PROGRAMME]
    ready = programme(questions * (QUESTIONS // len(questions)))
    if not streamed:
        await voice.learn([(text, ready.locale) for text in dict.fromkeys(ready.fixed_prompts())])
    calls = count()

    def parts() -> Parts:
        number = next(calls)
        personal = programme(tuple(f"{number}, {question}: what was it?" for question in range(QUESTIONS)))
        asked = personal if streamed else ready
        return Parts(asked, to_text.listen(asked.locale), voice, judge, SlowKeeper())

    await serve(parts)


if __name__ == "__main__":
    take_the_servers()
    begin_as_a_program()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streamed", action="store_true")
    parser.add_argument("--slow-recogniser", action="store_true")
    arguments = parser.parse_args()
    recogniser_s = SLOW_RECOGNISER_S if arguments.slow_recogniser else RECOGNISER_S
    uvloop.run(main(streamed=arguments.streamed, recogniser_s=recogniser_s))
