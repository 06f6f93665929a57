"""`python -m local.gateway`: serves a deployed API until SIGTERM. Settings come from the environment."""

import asyncio
import json
import logging
import os
import signal
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from deployment.emulator import admin_client
from deployment.page import page_config, page_headers
from local.gateway.page import Page
from local.gateway.routes import deployed_routes
from local.gateway.server import PARSER_LIMIT, Gateway, GatewaySettings
from local.gateway.sign_in import SignIn
from local.issuer import discovery, jwks, sign
from local.stored_secrets import load_secrets

DRAIN_SECONDS = 5.0
NO_DEFAULT_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Headers that the client library must not add: R2 gets the browser's headers, as signed."""


async def serve(port: int, settings: GatewaySettings) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; requests in flight have DRAIN_SECONDS to finish."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, skip_auto_headers=NO_DEFAULT_HEADERS
    ) as session:
        gateway = Gateway(settings, session)
        # A compressed body is forwarded as it is, as by API Gateway: the function has to decompress it.
        server = web.Server(
            gateway.handle,
            access_log=None,
            max_line_size=PARSER_LIMIT,
            max_field_size=PARSER_LIMIT,
            auto_decompress=False,
        )
        runner = web.ServerRunner(server, shutdown_timeout=DRAIN_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"ready http://127.0.0.1:{port}", flush=True)
        await stop.wait()
        await runner.cleanup()


def main() -> None:
    """Read the settings, the deployed routes and the installation's secrets, then serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    port, emulator_url, api_id = int(os.environ["PORT"]), os.environ["EMULATOR_URL"], os.environ["API_ID"]
    state = Path(os.environ["STATE"])
    parameters = json.loads(os.environ["PARAMETERS"])
    origin = f"http://127.0.0.1:{port}"
    issuer = f"{origin}/_local"
    page_issuer = parameters["OidcIssuer"]
    sign_in_origins = " ".join(filter(None, [origin_of(page_issuer), parameters.get("OidcOrigins", "")]))
    images = parameters.get("R2PublicEndpoint") or parameters["R2Endpoint"]
    settings = GatewaySettings(
        emulator_url=emulator_url,
        api_id=api_id,
        routes=deployed_routes(admin_client("apigatewayv2", emulator_url), api_id),
        bucket=parameters["R2Bucket"],
        origin_secret=load_secrets(state)["origin-secrets"].split()[0],
        issuer_documents={
            "/_local/jwks.json": jwks(state),
            "/_local/.well-known/openid-configuration": discovery(issuer),
        },
        sign_in=SignIn(origin, partial(sign, state, issuer)),
        page=Page(
            Path(os.environ["PAGE"]),
            page_headers(origin, images, sign_in_origins or None),
            page_config(page_issuer or None, parameters.get("OidcAudience", ""), parameters.get("PrivacyUrl") or None),
        ),
    )
    asyncio.run(serve(port, settings))


def origin_of(address: str) -> str:
    """Return the origin of a URL; empty for an empty one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if address else ""


if __name__ == "__main__":
    main()
