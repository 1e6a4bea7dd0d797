"""The simulator as a server on one address: DIT's services, and the console beside them."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from cheroot import wsgi
from werkzeug.wrappers import Request, Response

from simulator.console.admin import AdminApplication
from simulator.soap.application import SoapApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.simulation import Simulation

_log = logging.getLogger(__name__)
_THREADS = 16
_PATIENCE = 60  # wall seconds that a client may leave a connection without a byte while it sends or reads


class ServerError(Exception):
    """The server cannot listen where it was told to; says where, why and what to do."""


class ClosingGateway(wsgi.Gateway_10):
    """Closes the connection where an answer says so: what is left of a slow or broken body is not waited for."""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        if any(name.lower() == "connection" and value.lower() == "close" for name, value in headers):
            self.req.close_connection = True
        return super().start_response(status, headers, exc_info)


class _HttpServer(wsgi.Server):
    """Cheroot, with its reports sent to our log, and no socket left open when it cannot listen."""

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        try:
            return cast("socket.socket", cast("Any", wsgi.Server).bind_socket(socket_, bind_addr))
        except OSError:
            socket_.close()
            raise

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        _log.log(level, msg, exc_info=traceback)


class Server:
    """One HTTP server on loopback. What it serves, a simulation, can be changed while it runs.

    ``host`` and ``port`` say where to listen; port 0 picks a free one. Raises ServerError when it cannot listen.
    """

    def __init__(self, simulation: Simulation | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._simulation = simulation
        self._soap = SoapApplication(lambda: self.simulation.backend)
        self._admin = AdminApplication(lambda: self.simulation)
        self._http = _HttpServer((host, port), self._application, numthreads=_THREADS, server_name="aldis-simulator")
        self._http.gateway = ClosingGateway
        self._http.timeout = _PATIENCE
        self._http.shutdown_timeout = 2
        try:
            self._http.prepare()
        except OSError as reason:
            raise ServerError(_cannot_listen(host, port, reason)) from reason
        self._thread = threading.Thread(target=self._http.serve, name="http", daemon=True)

    @property
    def simulation(self) -> Simulation:
        """What is served now; raises RuntimeError when nothing was mounted yet."""
        if self._simulation is None:
            raise RuntimeError("no simulation is mounted on the server yet")
        return self._simulation

    @property
    def base_url(self) -> str:
        """``http://host:port``, without a slash at the end."""
        host, port = self._http.bind_addr[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def mount(self, simulation: Simulation) -> Simulation | None:
        """Serve this simulation from the next request on; returns the one served before, which the caller closes."""
        before, self._simulation = self._simulation, simulation
        return before

    def start(self) -> None:
        """Accept calls, on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the calls in hand and stop listening."""
        self._http.stop()
        if self._thread.is_alive():
            self._thread.join()

    def _application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        application: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
        path = environ.get("PATH_INFO", "")
        if path.startswith("/dit/"):
            application = self._soap
        elif path.startswith("/admin/"):
            application = self._admin
        else:
            application = _front_page(Request(environ))
        return application(environ, start_response)


def _front_page(request: Request) -> Response:
    base = request.host_url.rstrip("/")
    text = (
        "aldis-conformance: simulator of VISS DIT and ALDIS\n\n"
        f"Message service, SOAP 1.2   {base}/dit/v1-2/MessageService/plain\n"
        f"Message service, SOAP 1.1   {base}/dit/v1-2/MessageService/plain11\n"
        f"WSDL                        {base}/dit/v1-2/MessageService?wsdl\n"
        f"Configuration service WSDL  {base}/dit/v1-3/ConfigurationService?wsdl\n"
        f"Simulated time              {base}/admin/clock\n"
        f"Journal                     {base}/admin/journal\n"
    )
    return Response(text, status=200 if request.path == "/" else 404, mimetype="text/plain")


def _cannot_listen(host: str, port: int, reason: OSError) -> str:
    if reason.errno == errno.EADDRINUSE or "in use" in str(reason):
        return (
            f"port {port} on {host} is in use by another program; stop that program, choose another port with --port, "
            "or let --port 0 pick a free one"
        )
    return f"cannot listen on {host} port {port}: {reason}; choose another address with --host and --port"
