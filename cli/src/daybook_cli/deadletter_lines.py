"""Dead letters as they are told: in a table, one by one, and what is lost where one is dropped. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.json_format import MessageToJson, SerializeToJsonError
from google.protobuf.message import Message
from google.protobuf.text_format import MessageToString

from chassis.dead_letter import DeadLetter
from chassis.events import CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN, Undecodable
from daybook_cli.wording import counted

HEAD_BYTES = 64

LOST = {
    CALL_SCHEDULED.subject: "a call that is not made, or not at the times that it was moved to, unless it is announced again",
    CALL_WITHDRAWN.subject: "that a person opted out or was deleted: what rings for them rings on, and nothing is dialed anew",
    CALL_PROGRESSED.subject: "a step of a call that is not recorded: its end stays unknown until the carrier is asked about it",
    CALL_FINISHED.subject: "the end of a call: the service that refused it does not know that the call is over",
}
"""What a letter of a subject was to tell, where it is dropped for good."""


@dataclass(frozen=True)
class Row:
    """One letter in the list."""

    sequence: str
    put_aside: str
    subject: str
    refused_by: str
    tries: str
    reason: str


def row(letter: DeadLetter) -> Row:
    return Row(
        sequence=str(letter.sequence),
        put_aside=f"{letter.put_aside_at:%Y-%m-%d %H:%M:%S}",
        subject=letter.subject,
        refused_by=_plain(letter.consumer) or "?",
        tries="?" if letter.deliveries is None else str(letter.deliveries),
        reason=_plain(letter.reason) or "?",
    )


def listed(shown: Sequence[DeadLetter], there_are: int, more: bool) -> str:
    """What stands below a list.

    Args:
        shown: the letters of the list.
        there_are: letters in all, of the subject that was asked for.
        more: whether some come after those that are shown.
    """
    count = counted(there_are, "dead letter")
    return f"{len(shown)} of {count}. Those that follow: --after {shown[-1].sequence}" if more else f"{count}."


def as_json(letter: DeadLetter) -> dict[str, object]:
    """A letter for programs, without its body."""
    return {
        "sequence": letter.sequence,
        "put_aside_at": letter.put_aside_at.isoformat(),
        "subject": letter.subject,
        "consumer": letter.consumer,
        "deliveries": letter.deliveries,
        "reason": letter.reason,
        "event_id": letter.headers.get("ce-id", ""),
    }


def told(letter: DeadLetter, heard_by: Sequence[str]) -> Iterator[str]:
    """All of a letter, line by line.

    Args:
        letter: which.
        heard_by: the durable consumers that hear its subject.
    """
    short = row(letter)
    yield f"Dead letter {short.sequence} of {short.subject}, put aside {short.put_aside} UTC"
    yield f"by {short.refused_by}, at delivery {short.tries}: {short.reason}"
    yield ""
    yield from (f"{_plain(name)}: {_plain(value)}" for name, value in sorted(letter.headers.items()))
    yield ""
    yield from _body(letter)
    if heard_by:
        yield ""
        yield f"Sent again, it reaches {' and '.join(heard_by)}. Who has handled it already changes nothing."


def unreadable(letter: DeadLetter) -> str:
    """Why whoever hears a letter cannot read it; empty where they can."""
    try:
        letter.message()
    except Undecodable as error:
        return str(error)
    return ""


def _body(letter: DeadLetter) -> Iterator[str]:
    size = counted(len(letter.body), "byte")
    if why := unreadable(letter):
        head = letter.body[:HEAD_BYTES].hex(" ")
        yield why
        yield f"{size}{', which begin' if len(letter.body) > HEAD_BYTES else ''}: {head}" if head else "It has no body."
        return
    message = letter.message()
    yield f"{message.DESCRIPTOR.full_name}, {size}:"
    yield _text(message)


def _text(message: Message) -> str:
    try:
        return MessageToJson(message, preserving_proto_field_name=True)
    except SerializeToJsonError:
        # JSON has no words for a moment that is none: protobuf's own text has
        return MessageToString(message).rstrip()


def would_be_lost(letters: Sequence[DeadLetter]) -> Iterator[str]:
    """What dropping letters loses, by subject."""
    counts = Counter(letter.subject for letter in letters)
    for subject, count in sorted(counts.items()):
        yield f"{count} of {subject}: each {LOST.get(subject, 'whatever it was to tell')}."


def no_such_subject(subject: str, by_subject: Mapping[str, int]) -> str:
    """Why there is nothing of a subject, where there is something of others."""
    there = ", ".join(f"{name} ({count})" for name, count in sorted(by_subject.items()))
    return f"There are no dead letters of {subject}; there are of {there}."


def _plain(text: str) -> str:
    """Without what a terminal would obey: nobody knows who wrote it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
