"""Drives a retailer through an address of its own: each request of the protocol is POSTed as JSON, one by one."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, NoReturn

import requests

from conformance.retailers.answers import answer_from
from conformance.retailers.protocol import Answer, DriverError, DriverNotStarted

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
_BYE_SECONDS = 5.0  # wall


class HttpDriver:
    """An address that takes JSON objects by POST and answers each with one.

    ``timeout`` is in wall seconds for one answer. Once the protocol was broken, every further request raises the same
    DriverError. Raises DriverNotStarted when nobody listens there at first.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._last_id = 0
        self._reached = False
        self._broken: str | None = None
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine's would stand between us and a driver on it

    @property
    def log(self) -> str:
        """Nothing: such a driver keeps its own log."""
        return ""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send one request and wait for its answer; raises DriverError when the protocol is broken."""
        return self._ask(do, fields, self._timeout)

    def close(self) -> None:
        """Say bye and let go of the connection; never raises."""
        if self._broken is None and self._reached:
            with contextlib.suppress(DriverError, DriverNotStarted):
                self._ask("bye", {}, min(self._timeout, _BYE_SECONDS))
        self._session.close()

    def _ask(self, do: str, fields: Mapping[str, Any], timeout: float) -> Answer:
        if self._broken is not None:
            raise DriverError(self._broken)
        self._last_id += 1
        request = json.dumps({"id": self._last_id, "do": do, **fields}, ensure_ascii=False).encode()
        try:
            response = self._session.post(
                self._url, data=request, timeout=timeout, headers={"Content-Type": "application/json; charset=utf-8"}
            )
        except requests.Timeout:
            self._break(f'the driver at {self._url} did not answer "{do}" within {timeout:g} seconds (driver.timeout)')
        except (requests.RequestException, ValueError) as reason:
            if not self._reached:
                raise DriverNotStarted(
                    f"nobody answers at {self._url}: {reason}; start your driver, and check driver.url in retailer.toml"
                ) from reason
            self._break(f'the driver at {self._url} broke off at "{do}": {reason}')
        self._reached = True
        try:
            return self._read(response, do)
        except DriverError as reason:
            self._break(str(reason))

    def _read(self, response: requests.Response, do: str) -> Answer:
        body = response.content
        expected = "expected HTTP 200 with one JSON object"
        if response.status_code != 200:
            raise DriverError(
                f'the driver answered "{do}" with HTTP {response.status_code} {_excerpt(body)}; {expected} '
                '(say "error" in it when something went wrong)'
            )
        if len(body) > _LONGEST_ANSWER:
            raise DriverError(f'the driver answered "{do}" with more than {_LONGEST_ANSWER} bytes')
        try:
            said = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise DriverError(f'the driver answered "{do}" with {_excerpt(body)}; {expected}') from None
        if not isinstance(said, dict):
            raise DriverError(f'the driver answered "{do}" with {_excerpt(body)}; {expected}')
        found = said.get("id")
        if isinstance(found, bool) or found != self._last_id:
            raise DriverError(
                f'the driver answered "{do}" with id {json.dumps(found)}; '
                f"expected {self._last_id}, the id of the request"
            )
        return answer_from(said, do=do)

    def _break(self, reason: str) -> NoReturn:
        self._broken = reason
        raise DriverError(reason)


def _excerpt(body: bytes, longest: int = 120) -> str:
    text = body.decode("utf-8", errors="replace").strip()
    return repr(text if len(text) <= longest else text[:longest] + " ...")
