"""What a machine gives at this moment: a bare Spyne service that reads SendMessage2 and does nothing with it.

Small calls a second are promised for each core, and a core is not always the same: its other half may be busy, or a
neighbour. So each figure is measured beside this yardstick, turn by turn in the same run, and a promise is kept by the
figure itself or, on a slower machine, by its ratio to the yardstick. ``PACE`` is the most that the yardstick ever did
for each second of a core on the machine on which the promises were settled. That is the lenient end: while the figures
were 502 and 324, it did 1,154 and 1,177, which as ``PACE`` would ask for ratios of 0.35 and 0.21.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cheroot import wsgi
from spyne import AnyXml, Application, Boolean, ServiceBase, rpc
from spyne.protocol.soap import Soap12
from spyne.server.wsgi import WsgiApplication

from simulator.soap.contract import SVC
from tests.benchmarks.processes import processor_seconds, started

PACE = 1250.0
TURNS = 4


@dataclass(frozen=True)
class Bare:
    base: str
    process: int


@contextmanager
def yardstick() -> Iterator[Bare]:
    """The bare service, in a process of its own."""
    with started("yardstick") as (base, process):
        yield Bare(base, process)


def measure(process: int, bare: Bare, clients: Callable[[], int], bare_clients: Callable[[], int]) -> Figure:
    """The best of some turns each: what disturbs makes it slower, never faster. ``clients`` return their calls."""

    def rate(of: int, play: Callable[[], int]) -> float:
        before = processor_seconds(of)
        return play() / (processor_seconds(of) - before)

    turns = [(rate(bare.process, bare_clients), rate(process, clients)) for _ in range(TURNS)]
    return Figure(bare=max(each for each, _ in turns), calls=max(each for _, each in turns))


@dataclass(frozen=True)
class Figure:
    """Calls for each second of a core that the server used, and the bare service's."""

    bare: float
    calls: float

    def tell(self, what: str, promised: float) -> str:
        """A sentence with the figure and the ratio."""
        return (
            f"\n{what}: {self.calls:.0f} SendMessage2 for each second of a core that the server used (at least "
            f"{promised:.0f}); a bare Spyne service {self.bare:.0f}; ratio {self.calls / self.bare:.2f} (at least "
            f"{promised / PACE:.2f} where the bare one does less than {PACE:.0f})"
        )

    def keeps(self, promised: float) -> bool:
        """Whether it is what was promised."""
        return self.calls >= promised or self.calls / self.bare >= promised / PACE


def serve_until_told(server: wsgi.Server, scheme: str) -> None:
    """Serve, with the address on standard output, until standard input ends."""
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    print(f"{scheme}://127.0.0.1:{server.bind_addr[1]}", flush=True)
    sys.stdin.read()
    server.stop()


class _Service(ServiceBase):  # type: ignore[misc]
    @rpc(AnyXml, _returns=Boolean, _in_variable_names={"message": "MessageSave2"}, _operation_name="SendMessage")
    def send(ctx: Any, message: Any) -> bool:  # noqa: N805 - Spyne's way
        return True


def _serve() -> None:
    application = Application([_Service], SVC, in_protocol=Soap12(), out_protocol=Soap12())
    server = wsgi.Server(("127.0.0.1", 0), WsgiApplication(application), numthreads=8)
    serve_until_told(server, "http")


if __name__ == "__main__":
    _serve()
