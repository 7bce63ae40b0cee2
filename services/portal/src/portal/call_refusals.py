"""Why somebody who asks to be called now is not, in their words. Pure."""

from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.languages import Language


def refusal_told(person: scheduler.Person, day: scheduler.ExplainDayResponse, language: Language) -> str:
    """
    Args:
        person: who asked.
        day: theirs, today.
        language: in which it is told.
    """
    if person.HasField("opted_out_at"):
        return language.say("You asked not to be called any more. You can agree to calls again on the page Me.")
    if not person.HasField("consent"):
        return language.say("You have not agreed to be called yet. You can do so on the page Me.")
    if not day.local_time:
        return language.say("We do not know what time it is where you are. Choose your time zone on the page Me.")
    if any(not each.call.HasField("finished_at") for each in day.test_calls):
        return language.say("A call that you asked for has not ended yet. Wait for its end, then ask again.")
    return language.say("We have rung you today as often as we may on one day. Ask again tomorrow.")
