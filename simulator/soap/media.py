"""What the HTTP headers of a request say about its body."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.http import parse_options_header

from simulator.soap.refusals import EnvelopeRefusal, refuse
from simulator.soap.versions import SoapVersion


@dataclass(frozen=True, slots=True)
class Media:
    """The body's charset and the Action that the transport names, where they are given."""

    charset: str | None
    action: str | None


def check_media(
    content_type: str | None, content_encoding: str | None, soap_action: str | None, version: SoapVersion
) -> Media:
    """Read the headers of a request to an address that speaks ``version``; raises SoapRefusal for others (HTTP 415).

    ``soap_action`` is the SOAPAction header; in SOAP 1.2 the media type's ``action`` takes its place.
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise refuse(
            EnvelopeRefusal.CONTENT_ENCODING,
            lv=f"Saspiestu pieprasījumu ({content_encoding}) neatbalsta.",
            en=f"Compressed requests ({content_encoding}) are not supported.",
            cause=f"the request has Content-Encoding {content_encoding!r}; switch its compression off in the client",
            http_status=415,
        )
    media_type, options = parse_options_header(content_type)
    if media_type.lower() != version.media_type:
        raise _wrong_media_type(content_type, media_type.lower(), version)
    action = options.get("action") if version is SoapVersion.SOAP_12 else _unquoted(soap_action)
    return Media(options.get("charset") or None, action or None)


def _unquoted(value: str | None) -> str | None:
    if value is None:
        return None
    value = value.strip()
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


def _wrong_media_type(content_type: str | None, media_type: str, version: SoapVersion) -> Exception:
    found = content_type or "(none)"
    other = SoapVersion.of_media_type(media_type)
    if other is not None:
        port = "plain11" if other is SoapVersion.SOAP_11 else "plain"
        advice = f"; {media_type} is {other.value}, which is served at .../{port}"
    elif media_type.startswith("multipart/"):
        advice = "; this address takes no attachments (MTOM): send the payload inline"
    else:
        advice = ""
    return refuse(
        EnvelopeRefusal.MEDIA_TYPE,
        lv=f"Satura tips “{found}” šajā adresē nav derīgs; gaidīts {version.media_type}.",
        en=f"The content type {found!r} is not right for this address; expected {version.media_type}.",
        cause=f"the request has Content-Type {found!r}; expected {version.content_type!r}{advice}",
        http_status=415,
    )
