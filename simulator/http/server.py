"""The simulator as a server on one address: the services of DIT, the STS, and the admin calls."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from simulator import journal
from simulator.domain.errors import UserError
from simulator.fault_injection.faults import CONNECTING
from simulator.http.admin import AdminApplication
from simulator.http.file_server import FileServer, FileServerError, Ftps
from simulator.http.listener import HttpServer
from simulator.http.provisioning import accounts_for
from simulator.http.tls_adapter import FOREIGN, HANDSHAKE, PLAIN, SHOWN, TlsAdapter
from simulator.journal import Entry, Kind, Outcome, wall_now
from simulator.security.authenticator import Secured, Security, secure
from simulator.security.names import STS
from simulator.soap.application import SoapApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.http.simulation import Simulation
    from simulator.soap.authenticator import Authenticator

_THREADS = 16
_SHOWN = "injected fault (wrong_certificate): a client is shown the certificate of another authority"
_REFUSED = (
    "injected fault (wrong_certificate): the client broke the connection off when it saw a certificate that "
    "another authority has signed, as it should"
)
_BELIEVED = (
    "came to a server whose certificate another authority has signed (injected fault: wrong_certificate); "
    "expected the client to break the connection off; have it check the server's certificate against ca.pem"
)
_NO_TLS = "plain HTTP came to a port where TLS is spoken; expected HTTPS; call the https address"
_TIMEOUT = 60  # wall seconds without a byte, after which a connection is closed


class ServerError(UserError):
    """The server cannot listen on its address; says which, why and what to do."""


class Server:
    """An HTTP server for a simulation, which can be replaced by another one while the server runs.

    It listens on ``host`` and ``port``; port 0 picks a free one. With ``security`` it speaks TLS, has an STS, and
    serves DIT's secured addresses instead of the plain ones. With ``ftps`` it serves the mailboxes over FTPS as well.
    Raises ServerError when it cannot listen, MaterialError when the keys cannot be used.
    """

    def __init__(
        self,
        simulation: Simulation | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        security: Security | None = None,
        ftps: Ftps | None = None,
    ) -> None:
        self._security = security
        self._files: FileServer | None = None
        self._tls: TlsAdapter | None = None
        self._secured: Secured | None = None
        self._simulation: Simulation | None = None
        if simulation is not None:
            self.mount(simulation)
        self._soap = SoapApplication(lambda: self.simulation.services, self._authenticator)
        self._admin = AdminApplication(lambda: self.simulation)
        self._http = HttpServer((host, port), self._application, numthreads=_THREADS, server_name="aldis-simulator")
        if security is not None:
            # Whatever is mounted later, the server's own certificate is there from the start.
            self._tls = TlsAdapter(
                security.material(()), security.untrusted, self._take_connection_fault, self._note_connection
            )
            self._http.ssl_adapter = self._tls
        self._http.timeout = _TIMEOUT
        self._http.shutdown_timeout = 2
        try:
            self._http.prepare()
        except OSError as reason:
            raise ServerError(_cannot_listen(host, port, reason)) from reason
        self._thread = threading.Thread(target=self._http.serve, name="http", daemon=True)
        if ftps is not None:
            self._files = self._file_server(ftps)

    @property
    def simulation(self) -> Simulation:
        """The simulation that is served now; raises RuntimeError when none was mounted yet."""
        if self._simulation is None:
            raise RuntimeError("no simulation is mounted on the server yet")
        return self._simulation

    @property
    def base_url(self) -> str:
        """The address as ``http://host:port`` or ``https://host:port``, without a slash at the end."""
        host, port = self._http.bind_addr[:2]
        scheme = "http" if self._security is None else "https"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    @property
    def ftps_address(self) -> str | None:
        """Host and port of FTPS, for example ``127.0.0.1:2121``; None when it is not served."""
        return self._files.address if self._files is not None else None

    @property
    def keys(self) -> Path | None:
        """The folder of keys; None without security and FTPS."""
        if self._security is not None:
            return self._security.folder
        return self._files.keys if self._files is not None else None

    def mount(self, simulation: Simulation, *, token_seconds: int | None = None) -> Simulation | None:
        """Serve a simulation from the next request on; returns the one served before, which the caller closes.

        ``token_seconds`` is the lifetime of the STS's tokens in seconds (None: that of the settings).
        """
        security = self._security
        if security is not None:
            if token_seconds is not None:
                security = replace(security, settings=security.settings.with_lifetime(token_seconds))
            self._secured = secure(
                security,
                accounts_for(simulation.world),
                clock=simulation.clock,
                store=simulation.store,
                faults=simulation.faults,
            )
        if self._files is not None:
            self._files.know(simulation)
        before, self._simulation = self._simulation, simulation
        return before

    def _file_server(self, ftps: Ftps) -> FileServer:
        try:
            files = FileServer(ftps, lambda: self.simulation)
            if self._simulation is not None:
                files.know(self._simulation)
        except FileServerError as reason:
            self._http.stop()
            raise ServerError(str(reason)) from reason
        except BaseException:
            self._http.stop()  # its threads would keep the process
            raise
        return files

    def _authenticator(self) -> Authenticator | None:
        return None if self._secured is None else self._secured.authenticator

    def hang_up(self) -> None:
        """Close all TLS connections, so that the next call needs a new handshake."""
        if self._tls is not None:
            self._tls.hang_up()

    def _take_connection_fault(self) -> bool:
        """Return True when the next connection is to get an untrusted certificate."""
        simulation = self._simulation
        return simulation is not None and simulation.faults.take("", None, kind=CONNECTING) is not None

    def _note_connection(self, operation: str, words: str) -> None:
        """Journal an event of a TLS connection."""
        causes = {SHOWN: _SHOWN, HANDSHAKE: _REFUSED, PLAIN: _NO_TLS}
        self._journal(operation, causes[operation], foreign=operation != PLAIN, said=words)

    def _journal(self, operation: str, cause: str, *, foreign: bool, said: str) -> None:
        simulation = self._simulation
        if simulation is None:
            return
        entry = Entry(
            kind=Kind.CONNECTION,
            at=simulation.clock.now(),
            wall=wall_now(),
            interface="tls",
            operation=operation,
            outcome=Outcome.OK if operation == SHOWN else Outcome.FAULT,
            cause=cause,
            details={"certificate": "foreign" if foreign else "own", "said": said},
        )
        with simulation.store.transaction() as transaction:
            journal.append(transaction, entry)

    def _untrusted(self, environ: WSGIEnvironment) -> Response:
        """Journal and refuse a request to the untrusted server."""
        request = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
        self._journal("request", f"{request} {_BELIEVED}", foreign=True, said=request)
        return Response("This is not DIT.\n", status=503, mimetype="text/plain", headers={"Connection": "close"})

    def start(self) -> None:
        """Accept calls, on a thread of the server."""
        self._thread.start()
        if self._files is not None:
            self._files.start()

    def stop(self) -> None:
        """Finish the calls that are running and stop listening."""
        if self._files is not None:
            self._files.stop()
        self._http.stop()
        if self._thread.is_alive():
            self._thread.join()

    def _application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        application: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
        path = environ.get("PATH_INFO", "")
        if FOREIGN in environ:
            return self._untrusted(environ)(environ, start_response)
        if path.startswith("/dit/"):
            application = self._soap
        elif path.startswith("/admin/"):
            application = self._admin
        elif path.startswith(STS) and self._secured is not None:
            application = self._secured.sts
        else:
            application = _front_page(Request(environ), secured=self._secured is not None)
        return application(environ, start_response)


def _front_page(request: Request, *, secured: bool) -> Response:
    base = request.host_url.rstrip("/")
    service = f"{base}/dit/v1-2/MessageService"
    addresses = (
        f"Message service             {service}/ws2007FederationNoSct\n"
        f"Message service with MTOM   {service}/ws2007FederationNoSctMtom\n"
        f"Tokens by user name         {base}{STS}/trust/13/usernamemixed\n"
        f"Tokens by certificate       {base}{STS}/trust/13/certificatemixed\n"
        f"The STS's WSDL              {base}{STS}?wsdl\n"
        if secured
        else f"Message service, SOAP 1.2   {service}/plain\nMessage service, SOAP 1.1   {service}/plain11\n"
    )
    text = (
        f"aldis-conformance: simulator of VISS DIT and ALDIS\n\n{addresses}"
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
