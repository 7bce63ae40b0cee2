"""What each answer tells the browser to forbid: scripts and styles from elsewhere, frames, guesses, and telling where one was.

Content Security Policy Level 3 (W3C), without any inline script or style: what a person, a transcript or a provider wrote is
never run, even where a template forgot to escape it.
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "manifest-src": "'self'",
    "media-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
}


def _told(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


POLICY_HEADER = "content-security-policy"
WITH_OWN_SOUND = _told({**POLICY, "media-src": "'self' data:"})
"""For a page that has its sound in itself."""
HEADERS: Mapping[str, str] = {
    POLICY_HEADER: _told(POLICY),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
FOR_A_YEAR = "max-age=31536000; includeSubDomains"
NOT_KEPT = "no-store"


class SecurityHeaders:
    """
    Args:
        app: whose answers they are.
        secure: it is reached over https alone, which browsers are to remember (RFC 6797).
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers["strict-transport-security"] = FOR_A_YEAR
                # a page shows what is somebody's own: no cache keeps it, be it the browser's
                headers.setdefault("cache-control", NOT_KEPT)
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)
