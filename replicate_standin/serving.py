"""Starts and stops a stand-in; used by `python -m replicate_standin` and the tests."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from .clock import Clock, SystemClock
from .engines import Engine, InstantEngine
from .realesrgan import RealEsrganEngine
from .server import RECEIVED_FOLDER, StandIn
from .settings import Settings

# Reachable from this machine only: its token is in a local configuration file.
HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.3


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    engine: Engine | None = None,
    clock: Clock | None = None,
) -> bool:
    """Serve until `stop` is set, then clean up; return whether the engine's thread has ended too.

    Calls `ready` with the base URL when requests are answered. Raises EngineError before that if the engine
    cannot start, OSError if the port is taken.
    """
    engine = engine or make_engine(settings.engine)
    listening = socket.create_server((HOST, settings.port))
    base_url = f"http://{HOST}:{listening.getsockname()[1]}"
    state = settings.state or Path(tempfile.mkdtemp(prefix="replicate-standin-"))
    shutil.rmtree(state / RECEIVED_FOLDER, ignore_errors=True)  # left by an earlier process
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


def make_engine(name: str) -> Engine:
    """Return the engine that `LOCAL_ENGINE` names; raises EngineError if it cannot run here."""
    return InstantEngine() if name == "instant" else RealEsrganEngine()
