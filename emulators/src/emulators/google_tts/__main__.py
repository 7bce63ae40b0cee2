import sys

from emulators.google_tts import TtsSettings, serve
from emulators.program import run_emulator

if __name__ == "__main__":
    sys.exit(run_emulator("google_tts", TtsSettings, serve))
