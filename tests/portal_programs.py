"""A person's programs, as tests are ones: each with a token that was made on the page Me."""

import re
from dataclasses import dataclass

import httpx2

API = "/api/v1"


@dataclass
class Program:
    """What asks for a person, and shows its token and nothing else."""

    http: httpx2.AsyncClient
    token: str

    async def ask(self, method: str, path: str, **more):
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, f"{API}{path}", headers=headers, **more)

    async def told(self, path: str):
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def program_of(house, person, *, scope="write", last_day=""):
    """Made in a browser of the person's."""
    browser = await house.signed_in(person)
    made = await browser.send("/me/programs", "/me/programs", {"name": "My lamp", "scope": scope, "last_day": last_day})
    assert made.status_code == 200
    [token] = re.findall(r"daybook_[A-Za-z0-9_-]{43}", made.text)
    return Program(house.browser().http, token)
