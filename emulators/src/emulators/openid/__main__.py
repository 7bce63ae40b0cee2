import sys

from emulators.openid import OpenIdSettings, serve
from emulators.program import run_emulator

if __name__ == "__main__":
    sys.exit(run_emulator("openid", OpenIdSettings, serve))
