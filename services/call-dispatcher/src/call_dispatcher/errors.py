"""What can go wrong here, as one small tree below `chassis.errors`.

DaybookError
├── NotFound
│   ├── UnknownAttempt                  an event names an attempt that was never made
│   └── UnknownPerson                   window-scheduler has no such person any more
├── Conflict
│   └── AnotherCarrierCall              an event names another call of the carrier than the attempt is bound to, or one that
│                                       another attempt is bound to
└── Unavailable (retryable)
    ├── SchedulerUnavailable            window-scheduler did not answer: so nothing is dialed
    └── CarrierUnavailable              the carrier did not answer a question; never said of a dial (see `attempts`)
"""

from chassis.errors import Conflict, NotFound, Unavailable


class UnknownAttempt(NotFound):
    pass


class UnknownPerson(NotFound):
    pass


class AnotherCarrierCall(Conflict):
    pass


class SchedulerUnavailable(Unavailable):
    pass


class CarrierUnavailable(Unavailable):
    pass
