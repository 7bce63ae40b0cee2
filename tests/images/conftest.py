"""Daybook in containers, once for all tests of this folder."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from daybook_containers import ContainerStack, remove_all
from whole_daybook import TIME_FACTOR, WholeDaybook, ports_of_its_own

from chassis.nats_access import connect_nats
from daybook_cli.home import Home
from daybook_cli.outside import Outside
from daybook_cli.running import running_stack
from daybook_cli.tuning import Tuning


@pytest.fixture(scope="session", autouse=True)
def no_container_stays() -> Iterator[None]:
    remove_all()
    yield
    remove_all()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def contained(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeDaybook]:
    kept = tmp_path_factory.mktemp("logs")
    with TemporaryDirectory(prefix="daybook-contained-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - nobody waits for it
        outside = Outside(twilio=False, google=False, gemini=False, openid=False)
        tuning = Tuning(TIME_FACTOR, voices="wordcode")
        stack = ContainerStack(Home(Path(folder) / "home"), {}, outside, tuning, ports=ports_of_its_own())
        async with AsyncExitStack() as closing:
            # who looks for the cause of a failure finds the logs in pytest's own folder
            closing.callback(lambda: shutil.copytree(stack.home.logs, kept, dirs_exist_ok=True))
            supervisor = await closing.enter_async_context(running_stack(stack, lambda _step: None))
            whole = WholeDaybook(stack, supervisor)
            closing.push_async_callback(whole.close)
            listener = await connect_nats(stack.nats_access("toolbox"), name="test")
            closing.push_async_callback(listener.close)
            await listener.subscribe("call.>", cb=whole.hear)
            await listener.flush()
            yield whole
