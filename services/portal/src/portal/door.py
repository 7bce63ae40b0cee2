"""Who comes to a page: the session of their cookie, the language they read, and whether a form is one of ours."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request, Response

from portal import metrics
from portal.browser_sessions import BrowserSession, Lifetimes, form_token, is_form_token
from portal.catalogues import Languages
from portal.cookies import Cookie
from portal.errors import ForgedRequest, SignInNeeded
from portal.languages import Language, accepted
from portal.visitors import Visitors

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110, 9.2.1: they change nothing."""
FORM_FIELD = "form_token"
URLENCODED = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is signed in.

    Attributes:
        form_token: what each form of the page is to carry.
    """

    session: BrowserSession
    language: Language
    form_token: str

    @property
    def person_id(self) -> UUID:
        return self.session.person_id


class Door:
    """
    Args:
        origin: of the portal, as browsers tell it.
        secure: the portal is reached by https: its cookie is sent nowhere else.
    """

    def __init__(
        self, visitors: Visitors, languages: Languages, lifetimes: Lifetimes, *, origin: str, secure: bool
    ) -> None:
        self.visitors = visitors
        self._languages = languages
        self._origin = origin
        self._cookie = Cookie("", secure, lifetimes.whole, "lax")

    async def visit(self, request: Request) -> Visit:
        """
        Raises:
            SignInNeeded: nobody is signed in.
            ForgedRequest: it would change something, and did not come from a page of this session.
        """
        visit = await self.visit_before_form(request)
        if request.method not in SAFE:
            self.check_form(visit, await _told_token(request))
        return visit

    async def visit_before_form(self, request: Request) -> Visit:
        """The same where a form comes with a file: whoever reads it is to show its token to `check_form` before it does anything.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        token = self._cookie.text(request)
        session = await self.visitors.find(token)
        if session is None:
            raise SignInNeeded
        visit = Visit(session, self._languages.of(session.locale), form_token(token))
        request.state.visit = visit  # whatever goes wrong from here on is told in their language
        return visit

    def check_form(self, visit: Visit, told: str) -> None:
        """
        Raises:
            ForgedRequest: what a form carried is not what the pages of this session do.
        """
        if not is_form_token(visit.form_token, told):
            raise _forged()

    def language(self, request: Request) -> Language:
        """Of somebody who is not signed in: what their browser asks for."""
        return self._languages.of(*accepted(request.headers.get("accept-language", "")))

    def check_site(self, request: Request) -> None:
        """Lets no other site's page send anything: by what browsers tell of where a request comes from (Fetch Metadata, W3C), and
        by `Origin` where they do not tell that.

        Raises:
            ForgedRequest: it would change something, and comes from elsewhere.
        """
        if request.method in SAFE:
            return
        site = request.headers.get("sec-fetch-site")
        ours = site == "same-origin" if site is not None else request.headers.get("origin") == self._origin
        if not ours:
            raise _forged()

    async def let_in(self, response: Response, person_id: UUID, *, way: str, locale: str) -> None:
        """Signs a person in: the answer bears the cookie of a new session, whatever the browser had before (session fixation)."""
        token = await self.visitors.sign_in(person_id, way=way, locale=locale)
        self._cookie.put(response, token)

    async def see_out(self, response: Response, visit: Visit) -> None:
        await self.visitors.sign_out(visit.session)
        self.forget(response)

    def forget(self, response: Response) -> None:
        self._cookie.forget(response)


async def _told_token(request: Request) -> str:
    """What a form carries. Uploads are not read for it: they are streams."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != URLENCODED:
        return ""
    value = (await request.form()).get(FORM_FIELD, "")
    return value if isinstance(value, str) else ""


def _forged() -> ForgedRequest:
    metrics.forged_requests.inc()
    return ForgedRequest()


def local_path(told: str | None) -> str:
    """Where to go after signing in: a path of ours, whatever was told (open redirects; RFC 9700, 4.11)."""
    if told and told.startswith("/") and not told.startswith(("//", "/\\")) and told.isprintable():
        return told
    return "/"
