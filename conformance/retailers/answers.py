"""From what a driver said to an Answer: the part of the protocol that every kind of driver shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.retailers.protocol import Answer, DriverError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVELOPE = ("id", "ok", "error", "unsupported")


def answer_from(said: Mapping[str, Any], *, do: str) -> Answer:
    """Read the envelope of an answer; raises DriverError unless exactly one of ok, error and unsupported holds."""
    ok, error, unsupported = said.get("ok", False), said.get("error"), said.get("unsupported", False)
    if not isinstance(ok, bool) or not isinstance(unsupported, bool) or not isinstance(error, str | None):
        raise DriverError(
            f'the answer to "{do}" has a wrong type: ok and unsupported must be true or false, error a text; '
            f"found ok={ok!r}, error={error!r}, unsupported={unsupported!r}"
        )
    if (ok, error is not None, unsupported).count(True) != 1:
        raise DriverError(
            f'the answer to "{do}" must say exactly one of "ok": true, "error": "text" and "unsupported": true; '
            f"found {_excerpt(said)}"
        )
    fields = {key: value for key, value in said.items() if key not in _ENVELOPE}
    return Answer(ok=ok, error=error, unsupported=unsupported, fields=fields)


def _excerpt(said: Mapping[str, Any], longest: int = 200) -> str:
    text = repr(dict(said))
    return text if len(text) <= longest else text[:longest] + " ..."
