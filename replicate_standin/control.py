"""The handlers of `/_control`, which sets faults. It needs the token, as `/v1` does."""

from aiohttp import web

from .faults.active import ActiveFaults
from .faults.document import read_document
from .problems import read_json


class Control:
    """The three handlers of `/_control`."""

    def __init__(self, faults: ActiveFaults) -> None:
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
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
        """GET: the active faults and how often each fired."""
        return web.json_response(self._faults.as_json())

    async def clear(self, _: web.Request) -> web.Response:
        """DELETE: clear all faults; whatever they held back is released."""
        self._faults.replace([])
        return web.json_response(self._faults.as_json())
