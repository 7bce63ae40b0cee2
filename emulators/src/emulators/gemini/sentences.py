"""What was said, as turns, sentences and words (pure)."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Turn(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    speaker: Literal["person", "daybook"]
    text: str


def sentences_of(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text.strip()) if sentence]


def words_of(text: str) -> list[str]:
    """In lower case, with straight apostrophes."""
    return re.findall(r"[\w']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
