"""What each values file renders to stands in the tree, so that a change of the chart shows what it changes in a cluster."""

import pytest
from chart.rendering import CI_FILES
from chart.settled import EXAMPLES, example, golden


@pytest.mark.parametrize("name", CI_FILES)
def test_the_example_is_current(name):
    assert golden(name).is_file(), "Run: make chart-golden"
    assert golden(name).read_text() == example(name), "Run: make chart-golden, and read its diff"


def test_no_example_is_left_of_a_values_file_that_went():
    assert {path.parent.name for path in EXAMPLES.glob("*/rendered.yaml")} == set(CI_FILES)
