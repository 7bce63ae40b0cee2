"""What operators are told that nobody else is."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import Conflict
from journal.errors import KeyUnusable


@contextmanager
def told_to_operators() -> Iterator[None]:
    """Who holds the keys is told what is wrong with them; to others it is a failure of the journal."""
    try:
        yield
    except KeyUnusable as error:
        raise Conflict(str(error)) from error
