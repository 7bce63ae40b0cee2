"""Tickets for media streams: who was answered at the signed voice webhook may open one stream, once, soon.

A ticket is `{expires}.{nonce}.{mac}`: Unix seconds, 128 random bits, and HMAC-SHA256 over the attempt, Twilio's CallSid, the
expiry and the nonce. It travels in a `<Parameter>` (Twilio drops query strings) and comes back in the stream's `start`. The
key is derived from the auth token, so that any gateway process may redeem what another has issued. That a ticket is
used once is known per process; the CallSid and the signature of the upgrade bind it elsewhere.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from datetime import timedelta

from pydantic import SecretStr

from chassis.clock import Clock
from voice_gateway.errors import StreamRefused

VALID_FOR = timedelta(seconds=60)
_REMEMBERED = 10_000
_PURPOSE = b"daybook media stream ticket v1"


class StreamTokens:
    """Issues tickets and redeems them.

    Args:
        auth_token: Twilio's; the key is derived from it.
        clock: for the expiry.
    """

    def __init__(self, auth_token: SecretStr, clock: Clock) -> None:
        self._key = hmac.digest(auth_token.get_secret_value().encode(), _PURPOSE, hashlib.sha256)
        self._clock = clock
        self._used: OrderedDict[str, None] = OrderedDict()

    def issue(self, attempt_id: str, call_sid: str) -> str:
        expires = int((self._clock.now() + VALID_FOR).timestamp())
        nonce = secrets.token_hex(16)
        return f"{expires}.{nonce}.{self._mac(attempt_id, call_sid, expires, nonce)}"

    def redeem(self, token: str, attempt_id: str, call_sid: str) -> None:
        """Takes a ticket; it is worth nothing afterwards.

        Raises:
            StreamRefused: it is not of ours, for another call, too old, or used. The reason says which.
        """
        expires_text, _, rest = token.partition(".")
        nonce, _, mac = rest.partition(".")
        if not (expires_text.isascii() and expires_text.isdigit() and len(expires_text) < 20):
            raise StreamRefused("token_malformed", "It is to carry the token of our own TwiML, unchanged.")
        expires = int(expires_text)
        expected = self._mac(attempt_id, call_sid, expires, nonce)
        if not hmac.compare_digest(expected.encode(), mac.encode()):
            raise StreamRefused("token_forged", "It is to carry the token of our own TwiML for this very call.")
        if self._clock.now().timestamp() > expires:
            raise StreamRefused("token_expired", "Twilio opened it too late; the voice webhook gives a new token.")
        if nonce in self._used:
            raise StreamRefused("token_used", "Each token opens one stream; the voice webhook gives a new one.")
        self._used[nonce] = None
        if len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)

    def _mac(self, attempt_id: str, call_sid: str, expires: int, nonce: str) -> str:
        message = "\0".join((attempt_id, call_sid, str(expires), nonce)).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
