"""Is it Twilio who speaks? Every webhook and every media stream bears a signature of the account's auth token.

The signed address is rebuilt from the configured public address, never from `Host` or `X-Forwarded-*`: whoever sends a
request chooses these (reference/telephony.md, B.5).
"""

from collections.abc import Mapping, Sequence

from pydantic import SecretStr
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the package ships no types

from voice_gateway.errors import ForgedRequest

SIGNATURE_HEADER = "x-twilio-signature"


class Signatures:
    """Checks signatures.

    Args:
        base_url: the public address of this gateway, without a slash at its end.
        tokens: the auth tokens that are valid, one, or two while the account's token is rotated.
    """

    def __init__(self, base_url: str, tokens: Sequence[SecretStr]) -> None:
        self._base_url = base_url
        self._validators = [RequestValidator(token.get_secret_value()) for token in tokens]

    def check_webhook(self, path_and_query: str, form: Mapping[str, str], signature: str | None) -> None:
        """Returns where Twilio signed this form for this address.

        Raises:
            ForgedRequest: it did not.
        """
        self._check(self._base_url + path_and_query, dict(form), signature)

    def check_stream(self, path: str, signature: str | None) -> None:
        """Returns where Twilio signed the upgrade to a media stream: the address that stood in the TwiML, no parameters.

        Raises:
            ForgedRequest: it did not.
        """
        self._check(stream_url(self._base_url, path), {}, signature)

    def _check(self, url: str, form: dict[str, str], signature: str | None) -> None:
        if not signature:
            raise ForgedRequest("The request bears no X-Twilio-Signature. Only Twilio may call this address.")
        if not any(validator.validate(url, form, signature) for validator in self._validators):
            raise ForgedRequest(
                "The X-Twilio-Signature does not fit the request. If it did come from Twilio: is PUBLIC_URL the address "
                "that Twilio was given, and TWILIO_AUTH_TOKEN the token of that account?"
            )


def stream_url(base_url: str, path: str) -> str:
    """The websocket address below an http(s) one: wss, or ws where an emulator is served without TLS."""
    return "ws" + base_url.removeprefix("http") + path
