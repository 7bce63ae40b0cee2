import sys

from emulators.google_speech import SpeechSettings, serve
from emulators.program import run_emulator

if __name__ == "__main__":
    sys.exit(run_emulator("google_speech", SpeechSettings, serve))
