"""Calls a function through the emulator's Lambda Invoke API."""

import asyncio

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deployment.emulator import REGION, ROOT_KEY
from local.gateway.response import INTERNAL_ERROR, Response, error_response, response_of

PAYLOAD_LIMIT = 6_291_556
"""Bytes of a synchronous event and of its result: 6 MB and an envelope, as Lambda's own error says
("Exceeded maximum allowed payload size (6291556 bytes)")."""
INTEGRATION_SECONDS = 30.0
"""Longest integration of an HTTP API (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)."""

TOO_LARGE = error_response(413, "Request Entity Too Large")
UNAVAILABLE = error_response(503, "Service Unavailable")


class Invoker:
    """Invokes functions over one shared HTTP session."""

    def __init__(self, session: aiohttp.ClientSession, emulator_url: str) -> None:
        self._session = session
        self._emulator_url = emulator_url
        self._signer = SigV4Auth(Credentials(ROOT_KEY, ROOT_KEY), "lambda", REGION)

    async def invoke(self, function: str, event: bytes) -> Response:
        """Return the function's response, or the gateway's for an error, throttling or a time-out. Never raises."""
        if len(event) > PAYLOAD_LIMIT:
            return TOO_LARGE
        url = f"{self._emulator_url}/2015-03-31/functions/{function}/invocations"
        request = AWSRequest("POST", url, data=event, headers={"Content-Type": "application/json"})
        self._signer.add_auth(request)
        try:
            async with asyncio.timeout(INTEGRATION_SECONDS):
                async with self._session.post(url, data=event, headers=dict(request.headers.items())) as response:
                    return _translated(response, await response.read())
        except TimeoutError:
            return UNAVAILABLE
        except aiohttp.ClientError:
            return INTERNAL_ERROR


def _translated(response: aiohttp.ClientResponse, payload: bytes) -> Response:
    if response.status == 429:
        return UNAVAILABLE
    if response.status != 200 or "X-Amz-Function-Error" in response.headers or len(payload) > PAYLOAD_LIMIT:
        return INTERNAL_ERROR
    return response_of(payload)
