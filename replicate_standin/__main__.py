"""`python -m replicate_standin`: run the stand-in until SIGTERM or SIGINT."""

import asyncio
import logging
import os
import signal
import sys

from .engines import EngineError
from .serving import serve
from .settings import Settings, SettingsError


async def _serve(settings: Settings) -> bool:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await serve(settings, stop, lambda base_url: print(f"ready {base_url}", flush=True))


def main() -> None:
    """Read the settings and serve; exit 2 with one line on stderr if that cannot begin."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        engine_ended = asyncio.run(_serve(Settings.from_environment(os.environ)))
    except (SettingsError, EngineError, OSError) as fault:
        sys.exit(_complain(fault))
    if not engine_ended:
        # The engine's thread is inside native code for the rest of a tile: an orderly exit could crash on it.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _complain(fault: Exception) -> int:
    print(f"replicate stand-in: {fault}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
