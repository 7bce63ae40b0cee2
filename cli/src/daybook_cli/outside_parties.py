"""The parties outside of a local Daybook: the emulators of those that are not real, and what the services are told of each."""

import sys
from collections.abc import Callable, Mapping

from daybook_cli.home import Home
from daybook_cli.observing import LOOPBACK
from daybook_cli.outside import OPENID_NEEDS, Outside
from daybook_cli.supervisor import Process, answering, inherited
from daybook_cli.tuning import Tuning

EMULATED_ACCOUNT_SID = "AC" + "0" * 32
EMULATED_FROM_NUMBER = "+15005550006"
EMULATED_CLIENT = "daybook"
FASTEST_AUDIO = 3.0
"""How many times as fast as they live a person's audio may come; the emulated ones may live fast."""
DAYBOOK_VOICE, CALLER_VOICE = "heart", "deep"


class OutsideParties:
    """
    Args:
        outside: which of them are real.
        environment: the caller's, with the credentials of these.
        port: of a process, by its name.
    """

    def __init__(
        self, outside: Outside, environment: Mapping[str, str], home: Home, tuning: Tuning, port: Callable[[str], int]
    ) -> None:
        self._outside = outside
        self._environment = environment
        self._home = home
        self._tuning = tuning
        self._port = port

    def _target(self, name: str) -> str:
        return f"{LOOPBACK}:{self._port(name)}"

    @property
    def public_url(self) -> str:
        """Where the carrier reaches the gateway."""
        if self._outside.twilio:
            return self._environment.get("PUBLIC_URL", "")
        return f"http://{self._target('gateway')}"

    @property
    def carrier_url(self) -> str:
        """The Twilio emulator's address; empty where the carrier is real."""
        return "" if self._outside.twilio else f"http://{self._target('twilio')}"

    @property
    def provider_target(self) -> str:
        """host:port of the emulated OpenID provider."""
        return self._target("openid")

    def emulators(self) -> list[Process]:
        wanted: list[Process] = []
        if not self._outside.google:
            ears = "whisper" if self._tuning.voices == "hibari" else "wordcode"
            wanted += [
                self._emulator("google-speech", "google_speech", {"ENGINE": ears}),
                self._emulator("google-tts", "google_tts", {"VOICE": self._voice(DAYBOOK_VOICE)}),
            ]
        if not self._outside.gemini:
            wanted.append(self._emulator("gemini", "gemini", {}))
        if not self._outside.openid:
            settings = {"CLIENT_ID": EMULATED_CLIENT, "CLIENT_SECRET": self._home.secret("emulated-openid-secret")}
            wanted.append(self._emulator("openid", "openid", settings))
        if not self._outside.twilio:
            settings = {
                "ACCOUNT_SID": EMULATED_ACCOUNT_SID,
                "AUTH_TOKEN": self._home.secret("emulated-twilio-token"),
                "FROM_NUMBERS": EMULATED_FROM_NUMBER,
                "DEFAULT_PERSONA": self._tuning.persona,
                "VOICE": self._voice(CALLER_VOICE),
            }
            wanted.append(self._emulator("twilio", "twilio", settings))
        return wanted

    def _voice(self, name: str) -> str:
        return f"hibari:{name}" if self._tuning.voices == "hibari" else "wordcode"

    def _emulator(self, name: str, module: str, settings: Mapping[str, str]) -> Process:
        common = {"PORT": str(self._port(name)), "TIME_FACTOR": str(self._tuning.time_factor)}
        if name == "twilio":
            health = f"http://{self._target(name)}/healthz"
        else:
            common["ADMIN_PORT"] = str(self._port(f"{name}.admin"))
            health = f"http://{self._target(f'{name}.admin')}/healthz"
        environment = {f"DAYBOOK_EMULATOR_{key}": value for key, value in {**common, **settings}.items()}
        argv = [sys.executable, "-m", f"emulators.{module}"]
        further = self._tuning.settings or {}
        return Process(f"emulator-{name}", argv, {**inherited(), **further, **environment}, answering(health), health)

    def carrier(self) -> dict[str, str]:
        if self._outside.twilio:
            names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER", "PUBLIC_URL")
            return {name: self._environment[name] for name in names}
        return {
            "TWILIO_ACCOUNT_SID": EMULATED_ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": self._home.secret("emulated-twilio-token"),
            "TWILIO_FROM_NUMBER": EMULATED_FROM_NUMBER,
            "PUBLIC_URL": self.public_url,
            "TWILIO_API_URL": self.carrier_url,
        }

    def audio(self) -> dict[str, str]:
        """How fast the carrier's audio may come; real people live at one pace."""
        if self._outside.twilio:
            return {}
        return {"DAYBOOK_FASTEST_AUDIO": f"{FASTEST_AUDIO * self._tuning.time_factor:g}"}

    def google(self) -> dict[str, str]:
        if self._outside.google:
            return {"GOOGLE_APPLICATION_CREDENTIALS": self._environment["GOOGLE_APPLICATION_CREDENTIALS"]}
        return {
            "GOOGLE_SPEECH_ENDPOINT": self._target("google-speech"),
            "GOOGLE_TTS_ENDPOINT": self._target("google-tts"),
        }

    def gemini(self) -> dict[str, str]:
        if self._outside.gemini:
            return {"GEMINI_API_KEY": self._environment["GEMINI_API_KEY"]}
        return {"GEMINI_BASE_URL": f"http://{self._target('gemini')}", "GEMINI_API_KEY": "emulated"}

    def openid(self) -> dict[str, str]:
        if self._outside.openid:
            names = (*OPENID_NEEDS, "DAYBOOK_OPENID_NAME")
            return {name: self._environment[name] for name in names if name in self._environment}
        return {
            "DAYBOOK_OPENID_ISSUER": f"http://{self.provider_target}",
            "DAYBOOK_OPENID_CLIENT_ID": EMULATED_CLIENT,
            "DAYBOOK_OPENID_CLIENT_SECRET": self._home.secret("emulated-openid-secret"),
            "DAYBOOK_OPENID_NAME": "OpenID (emulated)",
        }
