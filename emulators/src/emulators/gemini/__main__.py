import sys

from emulators.gemini import GeminiSettings, serve
from emulators.program import run_emulator

if __name__ == "__main__":
    sys.exit(run_emulator("gemini", GeminiSettings, serve))
