"""``python -m conformance.retailers.reference``: the reference retailer as a program, driven by lines of JSON."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any, TextIO

from conformance.retailers.reference.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENVELOPE = ("id", "do")
_REQUESTS = ("hello", "reset", "now", "apply", "bill", "exchange", "status", "bye")
_HELLO_FIELDS = ("endpoints", "credentials", "provider", "channels", "profile", "security")


def serve(driver: Driver, requests: Iterable[str], answers: TextIO) -> None:
    """Answer one request a line until bye or the end of the requests."""
    for line in requests:
        if not line.strip():
            continue
        request = json.loads(line)
        answers.write(json.dumps(answer(driver, request), ensure_ascii=False) + "\n")
        answers.flush()
        if request.get("do") == "bye":
            return


def answer(driver: Driver, request: dict[str, Any]) -> dict[str, Any]:
    """Return the driver's answer to one request."""
    do, answered = request.get("do"), {"id": request.get("id")}
    if do not in _REQUESTS:
        return answered | {"unsupported": True}
    fields = {key: value for key, value in request.items() if key not in _ENVELOPE}
    if do == "hello":  # it has fields that this retailer does not use
        fields = {key: value for key, value in fields.items() if key in _HELLO_FIELDS}
    try:
        return answered | {"ok": True} | (getattr(driver, do)(**fields) or {})
    except Exception as reason:  # noqa: BLE001 - boundary of the program: reported to the suite, and with its traceback on stderr
        traceback.print_exc()
        return answered | {"error": f"{type(reason).__name__}: {reason}"}


def main() -> None:
    """Serve standard input and output."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    serve(Driver(*sys.argv[1:2]), sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
