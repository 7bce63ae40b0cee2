"""A link that signs a person in at the portal of a local Daybook, made by the portal's own program, as in a cluster."""

import asyncio
import sys

from daybook_cli.errors import StepFailed
from daybook_cli.stack import Stack

MADE_WITHIN_S = 60.0


async def portal_link(stack: Stack, person_id: str) -> str:
    """A link that signs this person in, once, within ten minutes. It is in no log.

    Raises:
        StepFailed: none was made; it says why.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal", "sign-in-link", person_id),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=stack.portal_settings(),
        # Ctrl-C reaches us alone
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(MADE_WITHIN_S):
            told, _ = await process.communicate()
    except TimeoutError:
        raise StepFailed("Making a link to sign in", f"it took longer than {MADE_WITHIN_S:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # its log stands there as well, where it has something to say
    lines = told.decode(errors="replace").splitlines()
    links = [line for line in lines if line.startswith(f"{stack.portal_url}/")]
    if process.returncode != 0 or not links:
        raise StepFailed("Making a link to sign in", lines[-1] if lines else "the portal's program said nothing.")
    return links[-1]
