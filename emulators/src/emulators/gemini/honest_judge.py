"""A small honest judge of a reflection: by rules that a reader can check, and by nothing but what was said (pure).

Asked for a description, it gives one (`honest_describer`). Asked for a verdict, it reads the conversation that voice-gateway
sends, and finds the first of these that holds:

    they ask for no more calls                               wants_no_more_calls
    they take leave, with questions to come                  wants_to_stop
    they take leave, at the last question                    complete
    they ask Daybook something                               asks_something
    they break off at a word that calls for another          still_thinking
    they say no to a question of yes or no                   answered, or complete at the last question
    they have said a dozen words since the question          answered, or complete at the last question
    they have said next to nothing, a moment ago             still_thinking
    otherwise                                                paused
"""

import re
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from emulators.gemini.errors import CannotJudge, stumbled
from emulators.gemini.honest_describer import FIELDS as OF_A_DESCRIPTION
from emulators.gemini.honest_describer import describe
from emulators.gemini.judges import Answer
from emulators.gemini.sentences import Turn, sentences_of, words_of

ENOUGH_WORDS = 12
TOO_FEW_WORDS = 4
A_MOMENT_MS = 4_000
LONGEST_LEAVE_WORDS = 10

_NO_MORE_CALLS = re.compile(
    r"^(please |just |so |and |ok |okay )*(stop|quit) (calling|phoning|ringing)\b"
    r"|^(please |just |and )*(do not|don't|never) (ever )?(call|phone|ring) me\b"
    r"|\bdo(n't| not) want (these|your|any|any more|more) calls\b"
    r"|\bno more calls\b|^(please )?remove me\b|\btake me off (your|the) list\b|\bunsubscribe\b"
)
_LEAVE = re.compile(
    r"\bthat('s| is) (all|it|everything)\b|\bi('m| am) (all )?(done|finished)\b|\bnothing (else|more)\b"
    r"|\bgood ?night\b|\bgood-?bye\b|^(ok |okay )?bye\b|\blet('s| us) (stop|end)\b|\bto (go|hang up)( now)?$"
)
_COURTESY = re.compile(r"^(ok |okay |and )*(thank you|thanks)( so much| very much| for \w+)?$")
_TO_DAYBOOK = re.compile(r"\b(you|your)\b|^who is this\b|^is (this|the call)\b")
_YES_OR_NO = re.compile(r"^(is|are|was|were|do|did|does|have|has|would|will)\b")
_NO = re.compile(r"^(no|nope|not really|nothing|none|not today)\b")
_CALLS_FOR_ANOTHER = frozenset({"and", "but", "or", "because", "so", "um", "uh", "erm", "hmm", "the", "a", "an", "my"})
_MAY_CALL_FOR_ANOTHER = frozenset(
    {"then", "if", "when", "which", "that", "well", "like", "to", "of", "with", "i", "was"}
)
"""Unless the sentence was heard to end there."""
_SO_BE_IT = re.compile(r"\b(think|hope|guess|suppose|believe|said) (so|that)$")


class Conversation(BaseModel):
    """What voice-gateway tells of a conversation when it asks for a verdict."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    programme: list[str]
    turns: list[Turn]
    question: str
    silence_ms: int


class Verdict(NamedTuple):
    verdict: str
    reason: str


class HonestJudge:
    def answer(self, asked: str, fields: AbstractSet[str]) -> Answer:
        if fields >= OF_A_DESCRIPTION:
            return describe(asked)
        try:
            conversation = Conversation.model_validate_json(asked)
        except ValidationError as error:
            raise CannotJudge(
                f"the honest judge reads JSON with programme, turns, question and silence_ms, and stumbles at: {stumbled(error)}"
            ) from error
        return judge(conversation)._asdict()


def judge(conversation: Conversation) -> Verdict:
    sentences = sentences_of(_said_last(conversation))
    words = words_of(_said_since_question(conversation))
    # "That is all for today. Thank you." ends with its first sentence
    last = next((sentence for sentence in reversed(sentences) if not _COURTESY.search(_bare(sentence))), "")
    at_last_question = bool(conversation.programme) and conversation.question == conversation.programme[-1]
    answered = "complete" if at_last_question else "answered"
    if any(_NO_MORE_CALLS.search(_bare(sentence)) for sentence in sentences):
        return Verdict("wants_no_more_calls", "opt_out_words")
    if _LEAVE.search(_bare(last)) and len(words_of(last)) <= LONGEST_LEAVE_WORDS:
        return Verdict("complete" if at_last_question else "wants_to_stop", "words_of_leave")
    if last.endswith("?") and _TO_DAYBOOK.search(_bare(last)):
        return Verdict("asks_something", "question_to_daybook")
    if _breaks_off(last):
        return Verdict("still_thinking", "broke_off")
    if _YES_OR_NO.search(_bare(conversation.question)) and _NO.search(" ".join(words)):
        return Verdict(answered, "said_no")
    if len(words) >= ENOUGH_WORDS:
        return Verdict(answered, "said_enough")
    if len(words) < TOO_FEW_WORDS and conversation.silence_ms < A_MOMENT_MS:
        return Verdict("still_thinking", "said_next_to_nothing")
    return Verdict("paused", "said_little")


def _breaks_off(sentence: str) -> bool:
    words = words_of(sentence)
    if sentence.endswith(("...", "…", ",", "-")):
        return True
    if not words or _SO_BE_IT.search(_bare(sentence)):
        return False
    ended = sentence.endswith((".", "!", "?"))
    return words[-1] in _CALLS_FOR_ANOTHER or (not ended and words[-1] in _MAY_CALL_FOR_ANOTHER)


def _said_last(conversation: Conversation) -> str:
    """What the person said since Daybook last spoke."""
    return _said_after(conversation, [at for at, turn in enumerate(conversation.turns) if turn.speaker == "daybook"])


def _said_since_question(conversation: Conversation) -> str:
    """What the person said since the question was asked; all they said, where it was not asked yet."""
    asked = [at for at, turn in enumerate(conversation.turns) if turn.text == conversation.question]
    return _said_after(conversation, asked)


def _said_after(conversation: Conversation, places: list[int]) -> str:
    begin = places[-1] + 1 if places else 0
    return " ".join(turn.text for turn in conversation.turns[begin:] if turn.speaker == "person")


def _bare(sentence: str) -> str:
    """A sentence as its words, with single spaces and nothing else between them."""
    return " ".join(words_of(sentence))
