"""An entry as Markdown, for people. Pure.

Words stay words: whatever in them means something to Markdown, to HTML or to YAML is escaped (CommonMark 0.31, 2.4: a backslash
before any ASCII punctuation), and what would change how others are shown is left out: control characters and those that turn the
direction of writing round (Unicode UAX 9, 2.1 to 2.3). All of it, as it was said, is in entry.json.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON, Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal.records import Entry

_SPEAKERS = {SPEAKER_PERSON: "You", SPEAKER_DAYBOOK: "Daybook"}
_OUTCOMES = {
    "completed": "",
    "cut_short": "The call ended early.",
    "silent": "The call ended in silence.",
    "opted_out": "In this call you asked not to be called again.",
}
_CUT_OFF = "The call was cut off: what was being said at its end may be missing."
_INCOMPLETE = "Parts of this entry do not open any more: the recording is silent there, or older versions are missing."

# anywhere in a line: emphasis, code, links, HTML, entities, tables, strikethrough, headings, mathematics, templates, addresses
_INLINE = re.compile(r"[\\`*_\[\]<>&|~#$@{}]")
# what many readers make a link of by itself (GitHub Flavored Markdown 0.29, 6.9)
_LINK = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)
# before the first of these at the beginning of a line: lists, rules, underlines of headings, definitions
_BEGINNING = re.compile(r"[0-9]{1,9}(?=[.)])|(?=[+=:-])")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
    "|[" + "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)) + "]"
)


@dataclass(frozen=True)
class Markdown:
    """What an entry's Markdown tells.

    Attributes:
        revision: the newest; None where there is none.
        recording: the name of the file with its audio, beside it; "" where there is none.
        incomplete: parts of its recording or its history do not open.
    """

    entry: Entry
    turns: Sequence[Turn]
    revision: Revision | None
    recording: str
    incomplete: bool


def rendered(told: Markdown, began: datetime, ended: datetime) -> str:
    """The whole file; `began` and `ended` are by the clocks that the person lives by."""
    revision = told.revision or Revision()
    parts = [*_heading(told, revision, began, ended), *_turns(told.turns, revision)]
    return "\n".join([*_front_matter(told, revision, began, ended), "", "\n\n".join(parts), ""])


def escaped(words: str) -> str:
    """Words as they stand in a paragraph of Markdown: one line for each of theirs, with an empty one between."""
    return "\n\n".join(_escaped_line(line) for line in lines_of(words))


def lines_of(words: str) -> list[str]:
    """The lines of a text that hold something, with single spaces, and without what nobody sees."""
    lines = (" ".join(line.split()) for line in _UNSEEN.sub("", words).splitlines())
    return [line for line in lines if line]


def _escaped_line(line: str) -> str:
    inline = _LINK.sub(_with_backslash, _INLINE.sub(_with_backslash, line))
    begins = _BEGINNING.match(inline)
    return f"{begins[0]}\\{inline[begins.end() :]}" if begins else inline


def _with_backslash(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _front_matter(told: Markdown, revision: Revision, began: datetime, ended: datetime) -> Iterator[str]:
    yield "---"
    if revision.title:
        yield f"title: {_quoted(revision.title)}"
    yield f"date: {began.isoformat(timespec='seconds')}"
    yield f"ended: {ended.isoformat(timespec='seconds')}"
    yield f"entry: {_quoted(str(told.entry.entry_id))}"
    yield f"outcome: {told.entry.outcome}"
    if revision.tags:
        yield f"tags: [{', '.join(map(_quoted, revision.tags))}]"
    if revision.mood:
        yield f"mood: {_quoted(revision.mood)}"
    if told.recording:
        yield f"recording: {_quoted(told.recording)}"
    yield "---"


def _quoted(words: str) -> str:
    """As YAML reads a text between double quotes, which is as JSON writes it."""
    return json.dumps(" ".join(lines_of(words)), ensure_ascii=False)


def _heading(told: Markdown, revision: Revision, began: datetime, ended: datetime) -> Iterator[str]:
    title = " ".join(lines_of(revision.title))
    yield f"# {_escaped_line(title) if title else _day(began)}"
    yield f"{_day(began)}, {began:%H:%M} to {ended:%H:%M} ({began.tzname()})"
    for note in (_OUTCOMES.get(told.entry.outcome, ""), _CUT_OFF if told.entry.cut_off else ""):
        if note:
            yield f"*{note}*"
    if told.incomplete:
        yield f"*{_INCOMPLETE}*"
    if told.recording:
        yield f"[The recording]({told.recording}): left you, right Daybook."
    if summary := escaped(revision.summary):
        yield summary


def _turns(turns: Iterable[Turn], revision: Revision) -> Iterator[str]:
    """What was said, as it should have read."""
    corrected = {correction.sequence: correction.text for correction in revision.corrections}
    for turn in turns:
        if words := escaped(corrected.get(turn.sequence, turn.text)):
            yield f"**{_SPEAKERS[turn.speaker]}** ({_clock(turn.starts_at_ms)})"
            yield words


def _day(began: datetime) -> str:
    return f"{began:%A}, {began.day} {began:%B} {began.year}"


def _clock(milliseconds: int) -> str:
    """As players show it: 1:05, 1:00:05."""
    whole = str(timedelta(seconds=milliseconds // 1000))
    return whole.removeprefix("0:").removeprefix("0") if whole.startswith("0:") else whole
