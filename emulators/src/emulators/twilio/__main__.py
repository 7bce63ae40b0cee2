import sys

from emulators.program import run_emulator
from emulators.twilio import TwilioEmulatorSettings, serve

if __name__ == "__main__":
    sys.exit(run_emulator("twilio", TwilioEmulatorSettings, serve))
