import sys

from emulators.google_kms import KmsSettings, serve
from emulators.program import run_emulator

if __name__ == "__main__":
    sys.exit(run_emulator("google_kms", KmsSettings, serve))
