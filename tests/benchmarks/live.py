"""What generated live cases are sent to: the simulated state, or a trivial Flask endpoint; each a process of its own.

``python -m tests.benchmarks.live simulated|trivial`` prints its address and serves until its standard input ends.
"""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import datetime

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.world.file import load_world
from tests.benchmarks.yardstick import serve_until_told

_CONTRACT = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {"type": "string", "minLength": 1}, "months": {"type": "integer", "minimum": 1}},
}
_POST = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _CONTRACT}}},
    "responses": {"200": {"description": "taken"}},
}
_DESCRIPTION = {
    "openapi": "3.0.0",
    "info": {"title": "trivial", "version": "1"},
    "paths": {"/contracts": {"post": _POST}},
}


def _simulated() -> None:
    world = load_world("town")
    start = datetime.combine(world.start, datetime.min.time(), RIGA)
    opened = Simulation.open(world=world, profile=load_profile(), clock=Clock.frozen(start), deferred_intake=True)
    with closing(opened) as simulation:
        server = Server(simulation)
        server.start()
        print(server.base_url, flush=True)
        sys.stdin.read()
        server.stop()


def _trivial() -> None:
    from cheroot import wsgi
    from flask import Flask

    application = Flask("trivial")
    application.add_url_rule("/contracts", "take", lambda: {"taken": True}, methods=["POST"])
    application.add_url_rule("/openapi.json", "describe", lambda: _DESCRIPTION)
    serve_until_told(wsgi.Server(("127.0.0.1", 0), application, numthreads=4), "http")


if __name__ == "__main__":
    {"simulated": _simulated, "trivial": _trivial}[sys.argv[1]]()
