"""Admin calls beside DIT's services: simulated time, the journal, misbehaviour. For this machine only.

GET answers JSON; POST takes a JSON object with Content-Type application/json, which keeps web pages of other sites
out. Nothing here exists in the real DIT.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, Conflict, HTTPException, NotFound, UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from simulator.clock import RIGA, ClockError
from simulator.faults import FaultsError, Misbehaviour

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.simulation import Simulation

_LARGEST_PAGE = 1000
_LARGEST_BODY = 1024 * 1024  # bytes; a misbehaviour has a few hundred


class AdminApplication:
    """The WSGI application of ``/admin/``. ``simulation`` gives what is served now."""

    def __init__(self, simulation: Callable[[], Simulation]) -> None:
        self._simulation = simulation
        self._routes = Map(
            [
                Rule("/admin/health", endpoint=self._health, methods=["GET"]),
                Rule("/admin/clock", endpoint=self._clock, methods=["GET"]),
                Rule("/admin/clock", endpoint=self._advance, methods=["POST"]),
                Rule("/admin/journal", endpoint=self._journal, methods=["GET"]),
                Rule("/admin/blob/<reference>", endpoint=self._blob, methods=["GET"]),
                Rule("/admin/faults", endpoint=self._arm, methods=["POST"]),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _LARGEST_BODY
        try:
            endpoint, values = self._routes.bind_to_environ(environ).match()
            response: Response = endpoint(request, **values)
        except HTTPException as refused:
            response = _json({"error": refused.description}, status=refused.code or 500)
            response.headers.extend([each for each in refused.get_headers() if each[0] == "Allow"])
        return response(environ, start_response)

    def _health(self, _request: Request) -> Response:
        simulation = self._simulation()
        return _json({"ready": True, "now": simulation.clock.now().isoformat(), "world": simulation.world.name})

    def _clock(self, _request: Request) -> Response:
        return _json({"now": self._simulation().clock.now().isoformat()})

    def _advance(self, request: Request) -> Response:
        simulation = self._simulation()
        moment = _moment(_body(request).get("to"))
        try:
            simulation.advance(moment)
        except ClockError as reason:
            raise Conflict(str(reason)) from reason
        return self._clock(request)

    def _journal(self, request: Request) -> Response:
        after = request.args.get("after", 0, type=int)
        limit = max(0, min(request.args.get("limit", 100, type=int), _LARGEST_PAGE))
        entries = (each for each in self._simulation().journal.entries() if each.number > after)
        return _json([asdict(each) for each in islice(entries, limit)])

    def _blob(self, _request: Request, reference: str) -> Response:
        try:
            return Response(self._simulation().journal.blob(reference), mimetype="application/octet-stream")
        except KeyError:
            raise NotFound(f"there is no blob {reference}") from None

    def _arm(self, request: Request) -> Response:
        body = _body(request)
        try:
            misbehaviour = Misbehaviour(**body)
            self._simulation().faults.arm(misbehaviour)
        except (TypeError, FaultsError) as reason:
            raise BadRequest(f"not a misbehaviour: {reason}") from reason
        return _json({"armed": asdict(misbehaviour)})


def _body(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("send a JSON object with Content-Type: application/json")
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as reason:
        raise BadRequest(f"the body is not JSON: {reason}") from reason
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as reason:
        raise BadRequest(
            f'"to" must be an ISO 8601 date and time, for example 2026-03-07T12:00:00+02:00; found {value!r}'
        ) from reason
    return moment if moment.tzinfo else moment.replace(tzinfo=RIGA)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False, default=str), status=status, mimetype="application/json")
