"""Admin calls of the simulator: simulated time, journal, injected faults, rights and audit. The real DIT has none.

GET returns JSON; POST takes a JSON object with Content-Type application/json, which a page of another web site cannot
send. The calls are meant for this machine only: they ask for no credentials.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, Conflict, HTTPException, NotFound, UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from simulator.dit.rights import UNBOUNDED, Grant, GrantKey
from simulator.domain.clock import RIGA, ClockError
from simulator.domain.model import ChannelName, ChannelRight, Environment
from simulator.fault_injection.faults import FaultsError, InjectedFault
from simulator.http.provisioning import BVKB_USER
from simulator.journal import Kind
from simulator.journal.audit import UnknownChannel, audit, channel_named

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.http.simulation import Simulation
    from simulator.journal import Json

_FIELDS = ("user", "open", "close", "channel", "right", "environment")
_LARGEST_PAGE = 1000
_LARGEST_BODY = 1024 * 1024  # bytes; a fault has a few hundred


class AdminApplication:
    """The WSGI application of ``/admin/``. ``simulation`` returns the simulation that is served now."""

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
        """Return a page of audit records; ``next`` is the value of ``after`` for the next page, null on the last."""
        simulation = self._simulation()
        query = request.args
        unknown = sorted(set(query) - {"channel", "user", "since", "after", "limit"})
        if unknown:
            raise BadRequest(f"{unknown[0]!r} is not known here; known are: channel, user, since, after, limit")
        try:
            channel = channel_named(query["channel"], simulation.profile) if "channel" in query else None
        except UnknownChannel as reason:
            raise BadRequest(str(reason)) from reason
        after, limit = (_whole(query.get(name), name, default) for name, default in (("after", 0), ("limit", 100)))
        records = audit(
            simulation.journal.entries(after, Kind.EXCHANGE),
            channel=channel,
            user=query.get("user"),
            since=_moment(query["since"], "since") if "since" in query else None,
        )
        size = min(max(limit, 1), _LARGEST_PAGE)
        page = list(islice(records, size + 1))  # one more, to see if there is a next page
        shown = page[:size]
        return _json(
            {
                "records": [{**asdict(record), "at": record.at.isoformat()} for record in shown],
                "next": shown[-1].number if len(page) > size else None,
            }
        )

    def _rights(self, _request: Request) -> Response:
        simulation = self._simulation()
        today = simulation.clock.now().date()
        return _json(
            {
                "environment": simulation.options.environment,
                "today": today.isoformat(),
                "rights": [as_json(right, today) for right in simulation.rights()],
            }
        )

    def _change_rights(self, request: Request) -> Response:
        simulation = self._simulation()
        try:
            change = read_change(_body(request), simulation)
        except WrongChange as reason:
            raise BadRequest(str(reason)) from reason
        simulation.change_rights(change.keys, opened=change.opened, closed=change.closed)
        return self._rights(request)


class WrongChange(Exception):
    """A change of rights cannot be read; names the field and its allowed values."""


@dataclass(frozen=True, slots=True)
class Change:
    """Rights to open or to close, and the day from which it holds; one of the two days is None."""

    keys: tuple[GrantKey, ...]
    opened: date | None
    closed: date | None


def as_json(grant: Grant, today: date) -> dict[str, Json]:
    """Return a right as JSON: user, channel, environment, kind, its days, and ``open``: true when it holds today."""
    return {
        **grant.key._asdict(),
        "opened": None if grant.opened in (None, UNBOUNDED) else str(grant.opened),
        "begins": None if grant.begins in (None, UNBOUNDED) else str(grant.begins),
        "closed": None if grant.closed is None else str(grant.closed),
        "open": grant.holds_on(today),
    }


def read_change(body: Mapping[str, object], simulation: Simulation) -> Change:
    """Read a change of rights from the body of a POST; raises WrongChange.

    Without ``channel`` (contract, discount, payout, or a channel's URN) the change is for all three, without ``right``
    for both. ``environment`` is by default the one that is served. ``open`` or ``close`` is a day, or true for today.
    """
    unknown = sorted(set(body) - set(_FIELDS))
    if unknown:
        raise WrongChange(f"there is no field {unknown[0]!r}; known are: {', '.join(_FIELDS)}")
    users = sorted({BVKB_USER, *(retailer.user for retailer in simulation.world.retailers)})
    user = _word(body, "user", users)
    environment = Environment(_word(body, "environment", list(Environment), simulation.options.environment))
    urns = {name: simulation.profile.channel(name).urn for name in ChannelName}
    with simulation.store.reading() as transaction:
        known = simulation.network.directory(transaction).channels
    channels = list(urns.values())
    if "channel" in body:
        word = _word(body, "channel", [*ChannelName, *sorted(known)])
        channels = [urns[ChannelName(word)] if word in set(ChannelName) else word]
    kinds = list(ChannelRight) if "right" not in body else [ChannelRight(_word(body, "right", list(ChannelRight)))]
    if ("open" in body) == ("close" in body):
        raise WrongChange('give one of "open" and "close": a day such as "2026-03-10", or true for today')
    today = simulation.clock.now().date()
    keys = tuple(GrantKey(user, channel, environment, kind) for channel in channels for kind in kinds)
    if "open" in body:
        return Change(keys, _day(body["open"], "open", today), None)
    return Change(keys, None, _day(body["close"], "close", today))


def _word(body: Mapping[str, object], key: str, known: list[str], default: str | None = None) -> str:
    word = body.get(key, default)
    if not isinstance(word, str) or word not in known:
        raise WrongChange(f'"{key}" must be one of {", ".join(known)}; found {word!r}')
    return word


def _day(value: object, key: str, today: date) -> date:
    if value is True:
        return today
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise WrongChange(f'"{key}" must be a day such as "2026-03-10", or true for today; found {value!r}') from None


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
