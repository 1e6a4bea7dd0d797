"""The media type of a request's body, from its HTTP headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.http import parse_options_header

from simulator.soap.multipart import ROOT_TYPE
from simulator.soap.refusals import EnvelopeCode, refuse
from simulator.soap.versions import SoapVersion


@dataclass(frozen=True, slots=True)
class Media:
    """The body's charset and the Action that the transport names, where they are given.

    ``parts`` are the parameters of the media type of a request in parts (MTOM), None for a plain envelope.
    """

    charset: str | None
    action: str | None
    parts: Mapping[str, str] | None = None


def check_media(
    content_type: str | None,
    content_encoding: str | None,
    soap_action: str | None,
    version: SoapVersion,
    *,
    mtom: bool = False,
) -> Media:
    """Read the headers of a request to an address that speaks ``version``; raises Refused for others (HTTP 415).

    An address with ``mtom`` takes requests in parts as well. ``soap_action`` is the SOAPAction header; in SOAP 1.2 the
    media type's ``action`` takes its place.
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise refuse(
            EnvelopeCode.CONTENT_ENCODING,
            latvian=f"Saspiestu pieprasījumu ({content_encoding}) neatbalsta.",
            text=f"Compressed requests ({content_encoding}) are not supported.",
            found=f"the request has Content-Encoding {content_encoding!r}",
            remedy="switch its compression off in the client",
            http_status=415,
        )
    media_type, options = parse_options_header(content_type)
    if mtom and media_type.lower() == "multipart/related":
        return _of_parts(content_type, options, version)
    if media_type.lower() != version.media_type:
        raise _wrong_media_type(content_type, media_type.lower(), version)
    action = options.get("action") if version is SoapVersion.SOAP_12 else _unquoted(soap_action)
    return Media(options.get("charset") or None, action or None)


def _of_parts(content_type: str | None, options: Mapping[str, str], version: SoapVersion) -> Media:
    kind = options.get("type", ROOT_TYPE).lower()
    info, inner = parse_options_header(options.get("start-info", version.media_type))
    if kind != ROOT_TYPE or info.lower() != version.media_type:
        raise refuse(
            EnvelopeCode.MEDIA_TYPE,
            latvian=f"Satura tips “{content_type}” nav MTOM; gaidīts type={ROOT_TYPE}, "
            f"start-info={version.media_type}.",
            text=f"The content type {content_type!r} is not that of MTOM.",
            found=f"the request is multipart/related with type {kind!r} and start-info {info!r}",
            expected=f"type={ROOT_TYPE} and start-info={version.media_type}",
            remedy="switch MTOM on in the client, not attachments",
            http_status=415,
        )
    return Media(None, options.get("action") or inner.get("action") or None, options)


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
        advice = "; this address takes no MTOM: send the payload inline, or to the MTOM port's address (see the WSDL)"
    else:
        advice = ""
    return refuse(
        EnvelopeCode.MEDIA_TYPE,
        latvian=f"Satura tips “{found}” šajā adresē nav derīgs; gaidīts {version.media_type}.",
        text=f"The content type {found!r} is not right for this address; expected {version.media_type}.",
        found=f"the request has Content-Type {found!r}",
        expected=f"{version.content_type!r}{advice}",
        http_status=415,
    )
