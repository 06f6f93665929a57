"""`/_control`: which faults are set. Behind the token like `/v1`, on the loopback interface like all of it."""

from aiohttp import web

from .bodies import read_json
from .faults.active import Faults
from .faults.document import read_document


class Control:
    """The three handlers of `/_control`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Return them with their methods."""
        return [
            web.put("/_control", self.replace),
            web.get("/_control", self.show),
            web.delete("/_control", self.clear),
        ]

    async def replace(self, request: web.Request) -> web.Response:
        """PUT: replace the list of faults, all counts at zero; 422 changes nothing."""
        self._faults.replace(read_document(await read_json(request)))
        return web.json_response(self._faults.as_json())

    async def show(self, _: web.Request) -> web.Response:
        """GET: what is set and how often each fired."""
        return web.json_response(self._faults.as_json())

    async def clear(self, _: web.Request) -> web.Response:
        """DELETE: set nothing; what was held back goes on."""
        self._faults.replace([])
        return web.json_response(self._faults.as_json())
