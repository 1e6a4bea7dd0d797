"""Drives a retailer through a person: each request is told as an instruction, and the person says when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

from conformance.retailers.protocol import Answer, DriverError

CAN = ("sub_users", "corrections", "reversals")
"""What a person can do in a system that the suite cannot tell the time."""

_Texts = tuple[str, str]  # Latvian, English
_DO: Mapping[str, _Texts] = {
    "hello": ("Iestatiet savā sistēmā šīs adreses un datus:", "Set these addresses and data in your system:"),
    "reset": (
        "Sāciet ar tukšu sistēmu: bez klientiem, ziņojumiem un pilnvarām.",
        "Begin with an empty system: no customers, messages or tokens.",
    ),
    "apply": ("Ievadiet savā sistēmā, kas noticis:", "Enter into your system what happened:"),
    "bill": ("Izrakstiet rēķinus par {period}:", "Issue the bills for {period}:"),
    "exchange": (
        "Palaidiet plānoto datu apmaiņu ({channels}) un sagaidiet tās beigas.",
        "Start the scheduled exchange ({channels}) and wait until it has ended.",
    ),
    "status": ("Sameklējiet, cik pienākas līgumam {contract}.", "Look up what is due on contract {contract}."),
}
_KINDS: Mapping[str, _Texts] = {
    "contract.new": (
        "jauns līgums {contract}: {holder}, EIC {metering_point}, {address}, no {valid_from}",
        "new contract {contract}: {holder}, EIC {metering_point}, {address}, from {valid_from}",
    ),
    "contract.change": (
        "līguma {contract} dati tagad: {holder}, EIC {metering_point}, {address}, no {valid_from} līdz {valid_to}",
        "contract {contract} is now: {holder}, EIC {metering_point}, {address}, from {valid_from} to {valid_to}",
    ),
    "contract.end": ("līgums {contract} beidzas {valid_to}", "contract {contract} ends on {valid_to}"),
    "sub_user.add": (
        "līguma {contract} apakšlietotājs: {person}, {address}, no {valid_from}",
        "sub-user of contract {contract}: {person}, {address}, from {valid_from}",
    ),
    "sub_user.end": (
        "apakšlietotājs {person} atstāj līgumu {contract}, pēdējā diena {valid_to}",
        "sub-user {person} leaves contract {contract}, last day {valid_to}",
    ),
}
_INVOICE: _Texts = (
    "rēķins {invoice}, līgums {contract}, datums {date}, {net} EUR bez PVN, PVN {vat} EUR",
    "invoice {invoice}, contract {contract}, dated {date}, {net} EUR without VAT, VAT {vat} EUR",
)
_CREDIT: _Texts = (
    "kredītrēķins {invoice}, kas atceļ rēķinu {reverses}, līgums {contract}, datums {date}",
    "credit note {invoice} that cancels invoice {reverses}, contract {contract}, dated {date}",
)
_PROMPT: _Texts = (
    "Enter, kad izdarīts; - ja to nevar; citādi aprakstiet, kas neizdevās: ",
    "Enter when done; - if it cannot be done; else say what went wrong: ",
)
_NAME: _Texts = ("Kā sauc jūsu sistēmu? ", "What is your system called? ")
_NOBODY: _Texts = ("ievade ir beigusies; nav kas atbild", "the input has ended; there is nobody to answer")


class ManualDriver:
    """A person at a terminal. ``lang`` is ``lv`` or ``en``; answers are read from ``answers``, a line each."""

    def __init__(self, *, lang: str = "lv", answers: TextIO | None = None, output: TextIO | None = None) -> None:
        self._language = 0 if lang == "lv" else 1
        self._answers = answers or sys.stdin
        self._output = output or sys.stderr
        self._count = 0

    @property
    def log(self) -> str:
        """Nothing: what was said stands on the terminal."""
        return ""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Tell one request and wait for the person; raises DriverError when nobody answers any more."""
        if do not in _DO:
            return Answer(ok=True)
        self._count += 1
        self._say(f"\n{self._count}. {self._text(_DO[do]).format(**_plain(fields))}")
        for line in self._details(do, fields):
            self._say(f"   {line}")
        if do == "hello":
            return Answer(ok=True, fields={"name": self._read(_NAME) or "?", "version": None, "can": list(CAN)})
        said = self._read(_PROMPT)
        if said == "-":
            return Answer(ok=False, unsupported=True)
        return Answer(ok=False, error=said) if said else Answer(ok=True)

    def close(self) -> None:
        """Nothing to let go of."""

    def _details(self, do: str, fields: Mapping[str, Any]) -> Iterable[str]:
        if do == "hello":
            yield from _greeting(fields)
        for event in fields.get("events", ()):
            yield self._text(_KINDS[event["kind"]]).format(**_plain(event))
        for invoice in fields.get("invoices", ()):
            yield self._text(_CREDIT if invoice.get("reverses") else _INVOICE).format(**_plain(invoice))

    def _text(self, texts: _Texts) -> str:
        return texts[self._language]

    def _say(self, line: str) -> None:
        print(line, file=self._output, flush=True)

    def _read(self, prompt: _Texts) -> str:
        print(f"   {self._text(prompt)}", end="", file=self._output, flush=True)
        line = self._answers.readline()
        if not line:
            raise DriverError(self._text(_NOBODY))
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
    return " ".join(str(each) for each in parts if each)


_SHOW: Mapping[str, Callable[[Any], str]] = {
    "holder": _person,
    "person": _person,
    "address": lambda value: str(value.get("text")),
    "channels": lambda value: ", ".join(value) if isinstance(value, list) else "",
}
