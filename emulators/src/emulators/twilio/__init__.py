"""Twilio, emulated: its REST API for calls, and the phone network behind it, with people who answer.

Run it by `python -m emulators.twilio`, or inside a test by `async with serve(settings) as running`.
"""

from emulators.twilio.server import serve
from emulators.twilio.settings import TwilioEmulatorSettings

__all__ = ["TwilioEmulatorSettings", "serve"]
