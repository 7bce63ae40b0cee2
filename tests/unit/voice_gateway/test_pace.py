from hypothesis import given
from hypothesis import strategies as st

from voice_gateway.pace import LEAD_MS, Pace


def runs_away(pace, *, times_life, for_s, from_s=0.0):
    """Whether audio that comes so many times as fast as life does, within so many seconds."""
    return any(pace.runs_away(round(100 * times_life), from_s + tenth / 10) for tenth in range(1, for_s * 10 + 1))


def test_an_hour_as_fast_as_life_does_not_run_away():
    assert not runs_away(Pace(3, 0), times_life=1, for_s=3600)


def test_ten_times_as_fast_as_life_runs_away_within_seconds():
    assert runs_away(Pace(3, 0), times_life=10, for_s=5)


def test_what_the_network_held_back_may_come_at_once():
    pace = Pace(3, 0)
    assert not pace.runs_away(100, 60)
    assert not any(pace.runs_away(100, 60) for _ in range(LEAD_MS // 100))
    assert pace.runs_away(200, 60), "but not more than that"


@given(st.floats(1.1, 200), st.lists(st.integers(0, LEAD_MS), max_size=50))
def test_what_is_no_faster_than_is_borne_never_runs_away(fastest, heard_ms):
    pace, now_s = Pace(fastest, 0), 0.0
    for each_ms in heard_ms:
        now_s += each_ms / 1000 / fastest * 1.000001
        assert not pace.runs_away(each_ms, now_s)
