"""The cores of this machine, shared out: the last one for the server that is measured, the others for the carrier.

Both go before whatever else runs on the machine, as real-time processes, where they may (root may): somebody else's work is not
to look like a late frame. Where they may not, the machine should do nothing else.
"""

import os
from contextlib import suppress


def take_the_servers() -> None:
    """This process runs on one core from now on."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    _go_first()


def leave_the_servers() -> None:
    """This process keeps off that core."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:-1] or cores)
    _go_first()


def _go_first() -> None:
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
