"""A stand-in from its socket to its last file: what `python -m replicate_standin` and the tests both run."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from .clock import Clock, SystemClock
from .engines import Engine, make_engine
from .server import RECEIVED_FOLDER, StandIn
from .settings import Settings

# Nobody outside this machine may reach it: it answers with a token that stands in a local configuration file.
HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.3


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    engine: Engine | None = None,
    clock: Clock | None = None,
) -> bool:
    """Serve until `stop` is set, then clean up; say whether the engine's thread has ended too.

    Calls `ready` with the base URL when requests are answered. Raises EngineError before that if the engine
    cannot start, OSError if the port is taken.
    """
    engine = engine or make_engine(settings.engine)
    listening = socket.create_server((HOST, settings.port))
    base_url = f"http://{HOST}:{listening.getsockname()[1]}"
    state = settings.state or Path(tempfile.mkdtemp(prefix="replicate-standin-"))
    shutil.rmtree(state / RECEIVED_FOLDER, ignore_errors=True)  # of an earlier run, for whose tests it was kept
    stand_in = StandIn(settings, base_url, state, engine, clock or SystemClock())
    runner = web.AppRunner(stand_in.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        ready(base_url)
        await stop.wait()
    finally:
        ended = await stand_in.stop()
        await runner.cleanup()
        listening.close()
        if settings.state is None:
            shutil.rmtree(state, ignore_errors=True)
    return ended
