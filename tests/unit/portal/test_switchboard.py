"""Each event wakes the pages of its person alone, and nothing grows without bound."""

from contextlib import ExitStack
from uuid import uuid4

import pytest

from daybook.events.v1 import events_pb2 as events
from portal.errors import TooManyListeners
from portal.switchboard import ATTEMPTS_EACH, CALLS_EACH, PAGES_EACH, Switchboard

ADA, BEN = uuid4(), uuid4()
RINGING = events.CarrierStatus(status=events.CARRIER_CALL_STATUS_RINGING)


def dialed(person_id, call_id="c", number=1):
    return events.CallDialed(
        call_id=call_id, person_id=str(person_id), attempt_id=f"{call_id}.{number}", attempt_number=number
    )


def ringing(call_id="c"):
    return events.CallProgressed(call_id=call_id, attempt_id=f"{call_id}.1", carrier_status=RINGING)


def test_an_event_wakes_all_pages_of_its_person_and_of_nobody_else():
    board = Switchboard()
    with board.following(ADA) as one, board.following(ADA) as two, board.following(BEN) as other:
        board.hear(dialed(ADA))
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)
        assert board.heard_of("c")["c.1"].state == "accepted"
        board.hear(ringing())
        assert board.heard_of("c")["c.1"].state == "ringing"
        assert not other.is_set()


def test_a_progress_of_a_call_that_is_expected_is_heard_and_of_another_is_not():
    board = Switchboard()
    with board.following(ADA) as page:
        board.hear(ringing("unknown"))
        assert not page.is_set()
        board.expect(ADA, ["c"])
        board.hear(ringing())
        assert page.is_set()


def test_nobody_follows_anothers_call_by_naming_it():
    board = Switchboard()
    with board.following(ADA), board.following(BEN) as other:
        board.expect(ADA, ["c"])
        board.expect(BEN, ["c"])
        board.hear(ringing())
        assert not other.is_set()


def test_nothing_is_kept_of_those_who_follow_nothing():
    board = Switchboard()
    board.hear(dialed(ADA))
    board.expect(ADA, ["c"])
    assert board.heard_of("c") == {}
    with board.following(ADA):
        board.hear(dialed(ADA))
    assert board.heard_of("c") == {}
    with board.following(BEN) as page:
        board.hear(ringing())
        assert not page.is_set()


def test_a_person_has_so_many_pages_and_another_place_once_one_is_closed():
    board = Switchboard()
    with ExitStack() as pages:
        for _ in range(PAGES_EACH):
            pages.enter_context(board.following(ADA))
        with pytest.raises(TooManyListeners), board.following(ADA):
            pass
        with board.following(BEN):
            pass
    with board.following(ADA):
        pass


def test_what_is_heard_is_bounded():
    board = Switchboard()
    with board.following(ADA):
        for number in range(2 * CALLS_EACH):
            board.hear(dialed(ADA, f"c{number}"))
        assert board.heard_of("c0") == {}
        assert board.heard_of(f"c{2 * CALLS_EACH - 1}")
        for number in range(2 * ATTEMPTS_EACH):
            board.hear(dialed(ADA, "many", number))
        assert len(board.heard_of("many")) == ATTEMPTS_EACH


def test_who_signs_out_is_woken_to_see_it():
    board = Switchboard()
    with board.following(ADA) as page, board.following(BEN) as other:
        board.wake(ADA)
        assert (page.is_set(), other.is_set()) == (True, False)
        board.wake_all()
        assert other.is_set()
