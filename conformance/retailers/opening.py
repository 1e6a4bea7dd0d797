"""Opening of the driver that a retailer.toml names, and the drivers of kind ``http`` and ``manual``.

``http`` sends each request by POST to an address. ``manual`` prints each request as an instruction to a person, in
Latvian or English, and waits for the answer.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import requests

from conformance.retailers.command_driver import CommandDriver
from conformance.retailers.config import DriverKind, RetailerConfig
from conformance.retailers.protocol import (
    LONGEST_ANSWER,
    Answer,
    DriverError,
    DriverNotStarted,
    excerpt,
    read_answer,
)
from conformance.retailers.python_driver import PythonDriver
from simulator.domain.language import Text, _

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.retailers.protocol import Driver


LOG_NAME = "driver.log"
CAN = ("sub_users", "corrections", "reversals")
"""Capabilities of a system that a person operates: it keeps its own clock."""

_BYE_SECONDS = 5.0  # wall
_REQUESTS = {
    "hello": _("Set these addresses and data in your system:"),
    "reset": _("Begin with an empty system: no customers, messages or tokens."),
    "apply": _("Enter into your system what happened:"),
    "bill": _("Issue the bills for {period}:"),
    "exchange": _("Start the scheduled exchange ({channels}) and wait until it has ended."),
    "status": _("Look up what is due on contract {contract}."),
}
_EVENTS = {
    "contract.new": _("new contract {contract}: {holder}, EIC {metering_point}, {address}, from {valid_from}"),
    "contract.change": _(
        "contract {contract} is now: {holder}, EIC {metering_point}, {address}, from {valid_from} to {valid_to}"
    ),
    "contract.end": _("contract {contract} ends on {valid_to}"),
    "sub_user.add": _("sub-user of contract {contract}: {person}, {address}, from {valid_from}"),
    "sub_user.end": _("sub-user {person} leaves contract {contract}, last day {valid_to}"),
}
_INVOICE = _("invoice {invoice}, contract {contract}, dated {date}, {net} EUR without VAT, VAT {vat} EUR")
_CREDIT = _("credit note {invoice} that cancels invoice {reverses}, contract {contract}, dated {date}")
_PROMPT = _("Enter when done; - if it cannot be done; else say what went wrong: ")


class HttpDriver:
    """An address that takes JSON objects by POST and answers each with one.

    ``timeout`` is in wall seconds for one answer. After an answer that breaks the protocol, every further request
    raises the same DriverError. The first request raises DriverNotStarted when nothing answers at the address.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._last_id = 0
        self._reached = False
        self._broken: str | None = None
        self._session = requests.Session()
        self._session.trust_env = False  # the machine's proxy settings must not apply to a local driver

    @property
    def log(self) -> str:
        """Always empty: the driver keeps its own log."""
        return ""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send one request and wait for its answer; raises DriverError when the protocol is broken."""
        return self._ask(do, fields, self._timeout)

    def close(self) -> None:
        """Send bye and close the connection; never raises."""
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
                    f"no answer from {self._url}: {reason}; start your driver, and check driver.url in retailer.toml"
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
                f'the driver answered "{do}" with HTTP {response.status_code} {excerpt(body)}; {expected} '
                '(give the reason of a failure in "error")'
            )
        if len(body) > LONGEST_ANSWER:
            raise DriverError(f'the driver answered "{do}" with more than {LONGEST_ANSWER} bytes')
        return read_answer(body, do=do, request_id=self._last_id, expected=expected)

    def _break(self, reason: str) -> NoReturn:
        self._broken = reason
        raise DriverError(reason)


class ManualDriver:
    """A person at a terminal. ``lang`` is ``lv`` or ``en``; answers are read from ``answers``, a line each."""

    def __init__(self, *, lang: str = "lv", answers: TextIO | None = None, output: TextIO | None = None) -> None:
        self._language = lang
        self._answers = answers or sys.stdin
        self._output = output or sys.stderr
        self._count = 0

    @property
    def log(self) -> str:
        """Always empty: everything was printed on the terminal."""
        return ""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Print a request and wait for the person; raises DriverError when the input has ended."""
        if do not in _REQUESTS:
            return Answer(ok=True)
        self._count += 1
        request = self._text(_REQUESTS[do].filled(**_plain(fields)))
        self._print(f"\n{self._count}. {request}")
        for line in self._details(do, fields):
            self._print(f"   {line}")
        if do == "hello":
            return Answer(
                ok=True,
                fields={
                    "name": self._read(_("What is your system called? ")) or "?",
                    "version": None,
                    "can": list(CAN),
                },
            )
        answer = self._read(_PROMPT)
        if answer == "-":
            return Answer(ok=False, unsupported=True)
        return Answer(ok=False, error=answer) if answer else Answer(ok=True)

    def close(self) -> None:
        """Do nothing: the driver holds no resources."""

    def _details(self, do: str, fields: Mapping[str, Any]) -> Iterable[str]:
        if do == "hello":
            yield from _greeting(fields)
        for event in fields.get("events", ()):
            yield self._text(_EVENTS[event["kind"]].filled(**_plain(event)))
        for invoice in fields.get("invoices", ()):
            sentence = _CREDIT if invoice.get("reverses") else _INVOICE
            yield self._text(sentence.filled(**_plain(invoice)))

    def _text(self, text: Text) -> str:
        return text.in_language(self._language)

    def _print(self, line: str) -> None:
        print(line, file=self._output, flush=True)

    def _read(self, prompt: Text) -> str:
        print(f"   {self._text(prompt)}", end="", file=self._output, flush=True)
        line = self._answers.readline()
        if not line:
            raise DriverError(self._text(_("the input has ended; there is nobody to answer")))
        return line.strip()


def _greeting(fields: Mapping[str, Any]) -> Iterable[str]:
    endpoints, channels = fields.get("endpoints", {}), fields.get("channels", {})
    yield from (f"{name}: {address}" for name, address in endpoints.items() if address)
    yield f"user: {fields.get('credentials', {}).get('user')}"
    yield f"provider: {fields.get('provider', {}).get('registration_number')}"
    yield from (f"{name}: {urn}" for name, urn in channels.items())


def _plain(fields: Mapping[str, Any]) -> dict[str, str]:
    """Convert the values of a request to text for a person."""
    shown = {name: _SHOW.get(name, str)(value) for name, value in fields.items()}
    return {"valid_to": "-", **shown, **({"valid_to": "-"} if fields.get("valid_to") is None else {})}


def _person(value: Mapping[str, Any]) -> str:
    parts = (value.get("given_name"), value.get("surname"), value.get("code"))
    return " ".join(str(part) for part in parts if part)


_SHOW: Mapping[str, Callable[[Any], str]] = {
    "holder": _person,
    "person": _person,
    "address": lambda value: str(value.get("text")),
    "channels": lambda value: ", ".join(value) if isinstance(value, list) else "",
}


def open_driver(config: RetailerConfig, logs: Path | None = None, *, lang: str = "en") -> Driver:
    """Start the retailer's driver, in the folder of its retailer.toml; the caller closes it.

    ``lang`` (``lv`` or ``en``) is the language of a manual driver. ``logs`` is a folder for the driver's error stream,
    which is kept there as ``driver.log``. Raises DriverNotStarted.
    """
    driver = config.driver
    log = logs / LOG_NAME if logs else None
    if driver.kind is DriverKind.COMMAND:
        return CommandDriver(driver.command, directory=config.directory, timeout=driver.timeout, log=log)
    if driver.kind is DriverKind.HTTP:
        assert driver.url is not None  # load_retailer demands it of this kind
        return HttpDriver(driver.url, timeout=driver.timeout)
    if driver.kind is DriverKind.MANUAL:
        return ManualDriver(lang=lang)
    assert driver.object is not None  # load_retailer demands it of this kind
    return PythonDriver(driver.object, directory=config.directory, timeout=driver.timeout, log=log)
