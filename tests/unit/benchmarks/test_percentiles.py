"""What a percentile is."""

import pytest

from benchmarks.percentiles import percentile


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.991, 100), (1, 100), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share, value):
    assert percentile(range(1, 101), share) == value
