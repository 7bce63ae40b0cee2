"""The emulator of an OpenID provider: the pages on which one says who one is, and what its client asks it behind them."""

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import unquote_plus, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from emulators.faults import FaultQueue, admin_app
from emulators.openid.errors import TokenRefused
from emulators.openid.grants import Asked, Grants
from emulators.openid.id_tokens import ALGORITHM, LIFETIME_S, OpenIdFault, Signer
from emulators.program import EmulatorSettings, Running
from emulators.serving import serving_http

METADATA_PATH = "/.well-known/openid-configuration"


class OpenIdSettings(EmulatorSettings):
    client_id: str = "daybook"
    client_secret: str = "emulated-client-secret-of-daybook"  # noqa: S105 - known to everybody, like all of an emulator's
    redirect_uris: str = ""
    """Where it may send a browser back to, with commas between; empty: wherever it is asked to."""


class OpenIdProvider:
    def __init__(self, settings: OpenIdSettings, faults: FaultQueue[OpenIdFault]) -> None:
        self._settings = settings
        self._faults = faults
        self._signer = Signer(settings.client_secret)
        self._grants = Grants()
        self._redirect_uris = frozenset(filter(None, settings.redirect_uris.split(",")))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(METADATA_PATH, self._metadata),
                Route("/jwks", self._keys),
                Route("/authorize", self._ask),
                Route("/authorize", self._decide, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def rotation(self) -> Route:
        """Of the admin port: `POST /keys/rotate`."""

        async def rotate(_request: Request) -> Response:
            self._signer.rotate()
            return JSONResponse(self._signer.published())

        return Route("/keys/rotate", rotate, methods=["POST"])

    async def _metadata(self, request: Request) -> Response:
        issuer = _issuer(request)
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(self._signer.published())

    async def _ask(self, request: Request) -> Response:
        """The page on which somebody says who they are: there is no password, since there is nothing behind it."""
        told = dict(request.query_params)
        if problem := self._problem(told):
            return HTMLResponse(_page(f"<p>{escape(problem)}</p>"), status_code=400)
        hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in told.items())
        return HTMLResponse(
            _page(
                f'<form method="post" action="/authorize">{hidden}'
                '<label for="subject">Who are you?</label> '
                '<input id="subject" name="subject" maxlength="255" autofocus> '
                '<button name="answer" value="yes">Sign in</button> '
                '<button name="answer" value="no">Do not sign in</button></form>'
            )
        )

    async def _decide(self, request: Request) -> Response:
        told = {name: str(value) for name, value in (await request.form()).items()}
        subject = told.get("subject", "").strip()
        if problem := self._problem(told):
            return HTMLResponse(_page(f"<p>{escape(problem)}</p>"), status_code=400)
        back = {"state": told["state"], "iss": _issuer(request)}
        if told.get("answer") != "yes" or not subject:
            return _sent_back(told["redirect_uri"], {"error": "access_denied", **back})
        asked = Asked(told["redirect_uri"], told["state"], told["nonce"], told["code_challenge"])
        return _sent_back(told["redirect_uri"], {"code": self._grants.give(asked, subject, time.time()), **back})

    def _problem(self, told: Mapping[str, str]) -> str:
        """What is wrong with what a client sends a browser with; empty: nothing."""
        expected = {"response_type": "code", "client_id": self._settings.client_id, "code_challenge_method": "S256"}
        for name, value in expected.items():
            if told.get(name) != value:
                return f"{name} is to be {value}."
        for name in ("redirect_uri", "state", "nonce", "code_challenge"):
            if not told.get(name):
                return f"{name} is missing."
        if "openid" not in told.get("scope", "").split():
            return "scope is to name openid."
        if self._redirect_uris and told["redirect_uri"] not in self._redirect_uris:
            return "redirect_uri is not registered."
        return ""

    async def _token(self, request: Request) -> Response:
        fault = self._faults.next()
        kind = fault.kind if fault is not None else None
        match kind:
            case OpenIdFault.UNAVAILABLE:
                return Response("no healthy upstream", status_code=503)
            case OpenIdFault.UNREADABLE:
                return Response("<html>Welcome to the proxy</html>", media_type="text/html")
            case OpenIdFault.HANG:
                await _gone(request)
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            return JSONResponse(self._granted(request, form, kind), headers={"cache-control": "no-store"})
        except TokenRefused as refusal:
            told = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(told, status_code=refusal.status, headers={"cache-control": "no-store"})

    def _granted(self, request: Request, form: Mapping[str, str], fault: OpenIdFault | None) -> dict[str, object]:
        self._check_client(request, form)
        if form.get("grant_type") != "authorization_code":
            raise TokenRefused("unsupported_grant_type", "grant_type is to be authorization_code.")
        grant = self._grants.take(
            form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
            now_s=time.time(),
        )
        access_token, now_s = secrets.token_urlsafe(), int(time.time())
        answer: dict[str, object] = {"access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME_S}
        if fault is not OpenIdFault.NO_ID_TOKEN:
            claims = {
                "iss": _issuer(request),
                "sub": grant.subject,
                "aud": self._settings.client_id,
                "nonce": grant.asked.nonce,
                "iat": now_s,
                "exp": now_s + LIFETIME_S,
            }
            answer["id_token"] = self._signer.id_token(claims, access_token, fault)
        return answer

    def _check_client(self, request: Request, form: Mapping[str, str]) -> None:
        """
        Raises:
            TokenRefused: it is not the client, by HTTP Basic or by the form (RFC 6749, 2.3.1).
        """
        shown = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        right = (self._settings.client_id, self._settings.client_secret)
        if not all(hmac.compare_digest(*pair) for pair in zip(shown, right, strict=True)):
            raise TokenRefused("invalid_client", "This is not the client, or not its secret.", status=401)


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, content = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(content, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _issuer(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _sent_back(redirect_uri: str, told: Mapping[str, str]) -> Response:
    joint = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(told)}", status_code=303)


def _page(content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An OpenID provider (emulated)</title></head>'
        f"<body><h1>An OpenID provider (emulated)</h1>{content}</body></html>"
    )


async def _gone(request: Request) -> None:
    """Waits until the client has given up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise asyncio.CancelledError


@asynccontextmanager
async def serve(settings: OpenIdSettings) -> AsyncIterator[Running]:
    """Serves while the block runs.

    Raises:
        OSError: a port is taken.
    """
    faults = FaultQueue(OpenIdFault)
    provider = OpenIdProvider(settings, faults)
    async with (
        serving_http(provider.app(), host=settings.host, port=settings.port) as port,
        serving_http(
            admin_app(faults, provider.rotation()), host=settings.host, port=settings.admin_port
        ) as admin_port,
    ):
        yield Running(settings.host, port, admin_port)
