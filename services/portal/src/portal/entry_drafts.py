"""What a person writes of an entry, between its form and the journal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from daybook.journal.v1.revisions_pb2 import Correction, EditEntryRequest, Revision


@dataclass(frozen=True)
class Draft:
    """As it stands in the form.

    Attributes:
        tags: one on each line: a tag may have a comma in it.
    """

    title: str
    summary: str
    mood: str
    tags: str

    @property
    def tag_list(self) -> Sequence[str]:
        """The tags, each once; lines with nothing on them are none."""
        return list(dict.fromkeys(filter(None, (line.strip() for line in self.tags.splitlines()))))

    def as_sent(self) -> "Draft":
        """Forms end lines by two characters (HTML, 4.10.21.4), the journal by one."""
        return replace(self, summary=one_line_end(self.summary), title=self.title.strip(), mood=self.mood.strip())

    def revision(self, kept: Revision) -> Revision:
        """The whole content of an entry, of which the corrections stay as they are."""
        return Revision(
            title=self.title, summary=self.summary, mood=self.mood, tags=self.tag_list, corrections=kept.corrections
        )


def draft_of(revision: Revision) -> Draft:
    return Draft(revision.title, revision.summary, revision.mood, "\n".join(revision.tags))


def one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def corrected(revision: Revision, sequence: int, text: str | None) -> Revision:
    """The same content with a turn that reads otherwise.

    Args:
        revision: the newest.
        sequence: of the turn.
        text: None: as it was heard; empty: nothing was said.
    """
    others = [each for each in revision.corrections if each.sequence != sequence]
    own = [] if text is None else [Correction(sequence=sequence, text=text)]
    return Revision(
        title=revision.title,
        summary=revision.summary,
        mood=revision.mood,
        tags=revision.tags,
        corrections=[*others, *own],
    )


def edit_request(person_id: UUID, entry_id: UUID, based_on: int, content: Revision) -> EditEntryRequest:
    """What makes this the next version of an entry.

    Args:
        person_id: whose.
        entry_id: which.
        based_on: the number of the version that was edited; 0: there was none.
        content: as a whole: what is left out is gone.
    """
    return EditEntryRequest(
        person_id=str(person_id),
        entry_id=str(entry_id),
        based_on=based_on,
        title=content.title,
        summary=content.summary,
        tags=content.tags,
        mood=content.mood,
        corrections=content.corrections,
    )
