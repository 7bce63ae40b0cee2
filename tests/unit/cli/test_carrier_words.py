"""What the emulated carrier says, read from its feed as it comes."""

from datetime import UTC, datetime

from daybook_cli.carrier_words import Words, words_of

AT = "2026-11-24T08:00:00+00:00"


def test_what_is_said_is_told_and_nothing_else():
    said = f'{{"seq": 7, "at": "{AT}", "kind": "daybook.says", "call_sid": "CA1", "text": "Your code is: 1, 2."}}'
    assert words_of(said) == Words(datetime(2026, 11, 24, 8, tzinfo=UTC), "Your code is: 1, 2.")
    assert words_of(said.replace("daybook.says", "person.speaking")) is None
