"""A code that a call told: right once, within its time and its tries, and only where somebody picked up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from window_scheduler.sign_in import NOT_RIGHT, RIGHT_FOR, TRIES, SignIn, checked, code_of, expires_at

ASKED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERSON = UUID(int=7)
TOLD = SignIn(UUID(int=1), "040719", ASKED, tries_left=TRIES, person_id=PERSON, told=True)

codes = st.from_regex(r"[0-9]{6}", fullmatch=True)
moments = st.timedeltas(timedelta(0), 2 * RIGHT_FOR).map(lambda passed: ASKED + passed)
sign_ins = st.builds(
    SignIn,
    sign_in_id=st.uuids(),
    code=codes,
    asked_at=st.just(ASKED),
    tries_left=st.integers(0, TRIES),
    person_id=st.none() | st.just(PERSON),
    told=st.booleans(),
)


def test_the_code_that_was_told_signs_in_and_is_used_up():
    right = checked(TOLD, "040719", ASKED)
    assert (right.person_id, right.tries_left) == (PERSON, 0)
    assert checked(replace(TOLD, tries_left=right.tries_left), "040719", ASKED) == NOT_RIGHT


@given(sign_ins, codes, moments)
def test_no_other_signs_in(sign_in: SignIn, code: str, now: datetime):
    may = sign_in.told and sign_in.person_id and sign_in.tries_left and now < expires_at(ASKED) and code == sign_in.code
    assert (checked(sign_in, code, now).person_id is not None) == bool(may)


@given(st.lists(codes.filter(lambda code: code != TOLD.code), max_size=2 * TRIES), sign_ins)
def test_wrong_codes_are_counted_alike_for_somebody_and_nobody(wrong: list[str], sign_in: SignIn):
    left = sign_in.tries_left
    for code in wrong:
        if code == sign_in.code:
            continue
        answer = checked(sign_in, code, ASKED)
        left = max(left - 1, 0)
        assert (answer.person_id, answer.tries_left) == (None, left)
        sign_in = replace(sign_in, tries_left=answer.tries_left)


def test_after_five_wrong_ones_the_right_one_is_wrong():
    sign_in = TOLD
    for left in (4, 3, 2, 1, 0):
        sign_in = replace(sign_in, tries_left=checked(sign_in, "000000", ASKED).tries_left)
        assert sign_in.tries_left == left
    assert checked(sign_in, TOLD.code, ASKED) == NOT_RIGHT


def test_a_code_that_nobody_was_told_is_none():
    assert checked(replace(TOLD, told=False), TOLD.code, ASKED).person_id is None
    assert checked(replace(TOLD, person_id=None), TOLD.code, ASKED).person_id is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "123 456", "١٢٣٤٥٦", "-12345"])
def test_what_cannot_be_a_code_is_told_without_repeating_it(typed: str):
    with pytest.raises(InvalidInput) as error:
        code_of(typed)
    assert not typed or typed not in str(error.value)


def test_a_sign_in_shows_no_code_in_what_is_printed_of_it():
    assert TOLD.code not in repr(TOLD)
