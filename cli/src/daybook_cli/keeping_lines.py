"""How a person's keeping is told. Pure."""

from daybook.journal.v1.keeping_pb2 import Keeping
from daybook_cli.wording import counted


def told(keeping: Keeping) -> list[str]:
    return [
        f"Recordings are kept {_how_long(keeping.audio_days)}.",
        f"Entries are kept {_how_long(keeping.entry_days)}.",
        "Titles and summaries are made by a model."
        if not keeping.without_descriptions
        else "No model makes titles and summaries.",
    ]


def _how_long(days: int) -> str:
    return f"for {counted(days, 'day')}" if days else "for ever"
