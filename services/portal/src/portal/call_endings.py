"""How an attempt to ring somebody went, and how a call ended, each in a sentence to the person who was called. Pure."""

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.languages import Language


def attempt_told(attempt: dispatcher.Attempt, language: Language, at: str) -> str:
    """
    Args:
        attempt: one that is over.
        language: in which it is told.
        at: when it was made, by the clock of the person.
    """
    if attempt.state == "completed":
        return _answered(attempt, language, at)
    if attempt.state == "busy":
        return language.say("We rang you at %(at)s; it was busy.", at=at)
    if attempt.state == "no_answer":
        return language.say("We rang you at %(at)s; nobody picked up.", at=at)
    if attempt.state == "canceled":
        return language.say("We called you at %(at)s, and took the call back before anybody picked up.", at=at)
    if attempt.state == "lost":
        return language.say("We called you at %(at)s, and never learnt what became of it.", at=at)
    if attempt.fault == "person":
        return language.say(
            "We called you at %(at)s; the telephone network says that your number cannot be called.", at=at
        )
    if attempt.state == "failed":
        return language.say("We called you at %(at)s; your telephone could not be reached.", at=at)
    return language.say(
        "We wanted to call you at %(at)s; the telephone network did not take the call, and nothing rang.", at=at
    )


def _answered(attempt: dispatcher.Attempt, language: Language, at: str) -> str:
    if attempt.reflection == "completed":
        return language.say("We rang you at %(at)s, and you said what you wanted to say.", at=at)
    if attempt.answered_by in {"machine", "fax"}:
        return language.say("We rang you at %(at)s; your voicemail answered.", at=at)
    match attempt.reflection:
        case "cut_short" | "started":
            return language.say("We rang you at %(at)s; the call ended before you were through.", at=at)
        case "opted_out":
            return language.say("We rang you at %(at)s, and you asked not to be called any more.", at=at)
        case "silent":
            return language.say("We rang you at %(at)s; somebody picked up, and nothing was said.", at=at)
        case "code_told":
            return language.say("We rang you at %(at)s, and told you the code.", at=at)
        case _:
            return language.say("We rang you at %(at)s; somebody picked up, and the call ended at once.", at=at)


def ending_told(call: scheduler.ScheduledCall, language: Language) -> str:
    """How a call that is over ended; where something is to be done, also what."""
    match call.outcome.removeprefix("CALL_OUTCOME_"):
        case "REFLECTED":
            return language.say("We talked.")
        case "CUT_SHORT":
            return language.say("We talked, and the call ended before you were through.")
        case "ANSWERED_SILENT":
            return language.say("Somebody picked up, and nothing was said. So there is nothing to keep.")
        case "VOICEMAIL":
            return language.say("Your voicemail answered, so we did not talk.")
        case "BUSY":
            return language.say("We could not reach you: it was busy.")
        case "NO_ANSWER":
            return language.say("We could not reach you: nobody picked up.")
        case "FAILED":
            return _failed(call.reason, language)
        case "MISSED":
            return language.say("We missed this call: its time went by before we rang you. That was not your doing.")
        case "REFUSED":
            return _refused(call.reason, language)
        case "OPTED_OUT":
            return language.say(
                "You asked in the call not to be called any more, so nobody calls you. You can agree again on the page Me."
            )
        case "CODE_TOLD":
            return language.say("The code to sign in was told to you.")
        case _:
            return language.say(
                "We never learnt what became of this call. We did not ring you again, so as not to ring you twice."
            )


def _failed(reason: str, language: Language) -> str:
    match reason:
        case "number_cannot_be_called":
            return language.say(
                "The telephone network says that your number cannot be called. Look on the page Me whether it is right."
            )
        case "blocked_by_the_network":
            return language.say(
                "The telephone network did not let our call through to you. Allow our number, if your telephone blocks it."
            )
        case "number_not_reachable":
            return language.say("Your telephone could not be reached. It may have been off, or without a network.")
        case _:
            return language.say("The call did not come through. That was not your doing; we try again the next time.")


def _refused(reason: str, language: Language) -> str:
    match reason:
        case "opted_out":
            return language.say("We did not ring you, since you asked not to be called any more.")
        case "no_consent":
            return language.say(
                "We did not ring you, since you have not agreed to be called. You can do so on the page Me."
            )
        case "quiet_hours":
            return language.say("We did not ring you, since it was in your quiet hours.")
        case "daily_cap":
            return language.say("We did not ring you: we had rung you as often as we may on one day.")
        case "window_deleted":
            return language.say("We did not ring you, since you deleted the window of this call.")
        case "unknown_time_zone":
            return language.say(
                "We did not ring you, since we do not know what time it is where you are. Choose your time zone on the page Me."
            )
        case "window_closed" | "window_not_open":
            return language.say("We did not ring you, since your window was not open.")
        case _:
            return language.say("We did not ring you: this call was not to be made any more.")
