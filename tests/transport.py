"""A transport for `requests` that answers from a function instead of the network: the seam below our own adapters."""

import io
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

Answer = tuple[int, dict[str, str], bytes]


class Transport(BaseAdapter):
    """Gives every request to `answer` and remembers it, and how it was to be sent."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], Answer | Exception]) -> None:
        super().__init__()
        self._answer = answer
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.options.append(options)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        raw = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
        response = requests.adapters.HTTPAdapter().build_response(request, raw)
        response.url = str(request.url)
        return response

    def close(self) -> None:
        """Nothing is open."""


def session(answer: Callable[[requests.PreparedRequest], Answer | Exception]) -> tuple[requests.Session, Transport]:
    """A session whose every request goes to `answer`."""
    transport = Transport(answer)
    made = requests.Session()
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, transport)
    return made, transport
