import json
import tomllib
from importlib.resources import files

import pytest

from emulators.gemini.errors import CannotJudge
from emulators.gemini.honest_describer import FIELDS
from emulators.gemini.honest_judge import HonestJudge


def described(*said: str) -> dict[str, object]:
    turns = [
        {"speaker": "daybook", "text": "How was your day?"},
        *({"speaker": "person", "text": text} for text in said),
    ]
    return HonestJudge().answer(json.dumps({"turns": turns}), FIELDS)


def test_it_tells_nothing_but_what_was_said() -> None:
    assert described("It rained on the garden. I was so tired.", "The garden was glad. Good night. Bye.") == {
        "title": "It rained on the garden",
        "summary": "It rained on the garden. I was so tired. The garden was glad.",
        "tags": ["garden", "rained"],
        "mood": "I was so tired",
    }


def test_it_finds_no_mood_where_none_was_said() -> None:
    assert described("She was happy.")["mood"] == ""


def test_what_is_long_is_cut_at_a_word() -> None:
    told = described("Once " * 400)
    assert told["title"] == "Once " * 15 + "Once…"
    assert len(str(told["summary"])) <= 1000


@pytest.mark.parametrize("persona", ["talks_and_completes", "brief", "talks_seven_minutes"])
def test_it_describes_each_talking_persona(persona: str) -> None:
    personas = tomllib.loads(files("emulators.twilio").joinpath("personas.toml").read_text("utf-8"))
    told = described(*personas[persona]["script"])
    assert told["title"]
    assert told["tags"]


def test_it_says_what_it_stumbles_at_and_repeats_nothing() -> None:
    with pytest.raises(CannotJudge, match=r"stumbles at: turns\.0\.speaker") as refused:
        HonestJudge().answer(json.dumps({"turns": [{"speaker": "Ada", "text": "x"}]}), FIELDS)
    assert "Ada" not in str(refused.value)
    with pytest.raises(CannotJudge, match="said nothing that could be described"):
        described()
