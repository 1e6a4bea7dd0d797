"""A driver that asks a person: it prints each request as an instruction and waits for the person's answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

from conformance.retailers.protocol import Answer, DriverError
from simulator.domain.language import Text, _

CAN = ("sub_users", "corrections", "reversals")
"""What a person can do in a system that the suite cannot tell the time."""

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
    """Values as a person reads them."""
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
