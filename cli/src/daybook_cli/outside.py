"""Which outside parties are real and which are emulated, decided by the credentials that are there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook_cli.errors import CommandError

TWILIO_NEEDS = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER", "PUBLIC_URL")
OPENID_NEEDS = ("DAYBOOK_OPENID_ISSUER", "DAYBOOK_OPENID_CLIENT_ID", "DAYBOOK_OPENID_CLIENT_SECRET")


@dataclass(frozen=True)
class Outside:
    """True: the real one."""

    twilio: bool
    google: bool
    gemini: bool
    openid: bool

    def described(self) -> dict[str, str]:
        return {
            "Twilio (carrier)": _word(real=self.twilio),
            "Google Speech and Text-to-Speech": _word(real=self.google),
            "Gemini (verdict, description)": _word(real=self.gemini),
            "OpenID provider (accounts)": _word(real=self.openid),
        }


def _word(*, real: bool) -> str:
    return "real" if real else "emulated"


def choose_outside(environment: Mapping[str, str]) -> Outside:
    """Each party is real where its credentials are set.

    Raises:
        CommandError: the credentials of one are set in part.
    """
    given = [name for name in TWILIO_NEEDS[:3] if environment.get(name)]
    missing = [name for name in (*TWILIO_NEEDS, "PHONE") if not environment.get(name)]
    if given and missing:
        raise CommandError(
            f"{given[0]} is set, so the carrier is to be the real Twilio, which needs {', '.join(missing)} as well. "
            "Set it in .env (see README, 'Real accounts'), or unset the others to use the emulator."
        )
    told = [name for name in OPENID_NEEDS if environment.get(name)]
    if told and len(told) < len(OPENID_NEEDS):
        missing = [name for name in OPENID_NEEDS if name not in told]
        raise CommandError(
            f"{told[0]} is set, so people are to sign in at a real OpenID provider, which needs {', '.join(missing)} as well. "
            "Set it in .env (see README, 'Real accounts'), or unset the others to use the emulator."
        )
    return Outside(
        twilio=bool(given),
        google=bool(environment.get("GOOGLE_APPLICATION_CREDENTIALS")),
        gemini=bool(environment.get("GEMINI_API_KEY")),
        openid=bool(told),
    )
