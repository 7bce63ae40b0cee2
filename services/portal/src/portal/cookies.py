"""The cookies of the portal: each is one token, which no script reads, and which browsers send to this very host alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fastapi import Request, Response

from portal.browser_sessions import NewToken, fingerprint_of


@dataclass(frozen=True)
class Cookie:
    """
    Attributes:
        what: it is for; "" is the session's.
        secure: the portal is reached by https: it is sent nowhere else.
        lasts: when a browser is to forget it.
        samesite: `strict`, or `lax` where it is to come along when another site's page leads here (RFC 6265bis, 4.1.2.7).
    """

    what: str
    secure: bool
    lasts: timedelta
    samesite: Literal["lax", "strict"]

    @property
    def name(self) -> str:
        # a browser takes a cookie with this prefix from this very host alone (RFC 6265bis, 4.1.3.2)
        prefix = "__Host-" if self.secure else ""
        return f"{prefix}daybook-{self.what}" if self.what else f"{prefix}daybook"

    def text(self, request: Request) -> str:
        """What a request brings; empty where it is none."""
        return request.cookies.get(self.name, "")

    def token(self, request: Request) -> NewToken | None:
        """The token that a request brings; None where it is none."""
        text = self.text(request)
        fingerprint = fingerprint_of(text)
        return None if fingerprint is None else NewToken(text, fingerprint)

    def put(self, response: Response, text: str) -> None:
        response.set_cookie(
            self.name,
            text,
            max_age=int(self.lasts.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite=self.samesite,
        )

    def forget(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite=self.samesite)
