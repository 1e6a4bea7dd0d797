"""Admin calls beside DIT's services: simulated time, journal, injected faults, rights, audit. For this machine only.

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

from simulator.audit import UnknownChannel, audit, channel_named
from simulator.clock import RIGA, ClockError
from simulator.console import rights
from simulator.faults import FaultsError, InjectedFault
from simulator.journal import Kind

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.simulation import Simulation

_LARGEST_PAGE = 1000
_LARGEST_BODY = 1024 * 1024  # bytes; a fault has a few hundred


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
                Rule("/admin/audit", endpoint=self._audit, methods=["GET"]),
                Rule("/admin/rights", endpoint=self._rights, methods=["GET"]),
                Rule("/admin/rights", endpoint=self._change_rights, methods=["POST"]),
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
            response.headers.extend([header for header in refused.get_headers() if header[0] == "Allow"])
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
        return _json([asdict(entry) for entry in self._simulation().journal.entries(after, limit=limit)])

    def _blob(self, _request: Request, reference: str) -> Response:
        try:
            return Response(self._simulation().journal.blob(reference), mimetype="application/octet-stream")
        except KeyError:
            raise NotFound(f"there is no blob {reference}") from None

    def _arm(self, request: Request) -> Response:
        body = _body(request)
        try:
            fault = InjectedFault(**body)
            self._simulation().faults.arm(fault)
        except (TypeError, FaultsError) as reason:
            raise BadRequest(f"not a fault: {reason}") from reason
        return _json({"armed": asdict(fault)})

    def _audit(self, request: Request) -> Response:
        """DIT's audit records; ``next`` is what to give as ``after`` for the following page, null on the last."""
        simulation = self._simulation()
        asked = request.args
        unknown = sorted(set(asked) - {"channel", "user", "since", "after", "limit"})
        if unknown:
            raise BadRequest(f"{unknown[0]!r} is not known here; known are: channel, user, since, after, limit")
        try:
            channel = channel_named(asked["channel"], simulation.profile) if "channel" in asked else None
        except UnknownChannel as reason:
            raise BadRequest(str(reason)) from reason
        after, limit = (_whole(asked.get(name), name, default) for name, default in (("after", 0), ("limit", 100)))
        found = audit(
            simulation.journal.entries(after, Kind.EXCHANGE),
            channel=channel,
            user=asked.get("user"),
            since=_moment(asked["since"], "since") if "since" in asked else None,
        )
        records = list(islice(found, min(max(limit, 1), _LARGEST_PAGE) + 1))
        more = len(records) > min(max(limit, 1), _LARGEST_PAGE)
        shown = records[:-1] if more else records
        return _json(
            {
                "records": [{**asdict(each), "at": each.at.isoformat()} for each in shown],
                "next": shown[-1].number if more else None,
            }
        )

    def _rights(self, _request: Request) -> Response:
        simulation = self._simulation()
        today = simulation.clock.now().date()
        return _json(
            {
                "environment": simulation.options.environment,
                "today": today.isoformat(),
                "rights": [rights.as_json(right, today) for right in simulation.rights()],
            }
        )

    def _change_rights(self, request: Request) -> Response:
        simulation = self._simulation()
        try:
            change = rights.read_change(_body(request), simulation)
        except rights.WrongChange as reason:
            raise BadRequest(str(reason)) from reason
        simulation.change_rights(change.keys, opened=change.opened, closed=change.closed)
        return self._rights(request)


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


def _whole(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(f'"{name}" must be a whole number; found {text!r}')
    return int(text)


def _moment(value: object, name: str = "to") -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as reason:
        raise BadRequest(
            f'"{name}" must be an ISO 8601 date and time, for example 2026-03-07T12:00:00+02:00; found {value!r}'
        ) from reason
    return moment if moment.tzinfo else moment.replace(tzinfo=RIGA)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False, default=str), status=status, mimetype="application/json")
