"""The two SOAP versions: their namespaces, media types and words for the same things (W3C SOAP 1.2, SOAP 1.1 note)."""

from __future__ import annotations

from enum import Enum

XML = "http://www.w3.org/XML/1998/namespace"


class SoapVersion(Enum):
    """A SOAP version; its value is what people call it."""

    SOAP_11 = "SOAP 1.1"
    SOAP_12 = "SOAP 1.2"

    @property
    def namespace(self) -> str:
        """Namespace of the envelope."""
        return _NAMESPACES[self]

    @property
    def media_type(self) -> str:
        """Media type of a request and of a reply."""
        return "text/xml" if self is SoapVersion.SOAP_11 else "application/soap+xml"

    @property
    def content_type(self) -> str:
        """The Content-Type of a reply."""
        return f"{self.media_type}; charset=utf-8"

    @property
    def role_attribute(self) -> str:
        """Local name of the attribute that says for whom a header block is."""
        return "actor" if self is SoapVersion.SOAP_11 else "role"

    @property
    def own_roles(self) -> frozenset[str]:
        """Values of the role attribute that mean this service, the last receiver."""
        if self is SoapVersion.SOAP_11:
            return frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"})
        role = f"{self.namespace}/role"
        return frozenset({"", f"{role}/next", f"{role}/ultimateReceiver"})

    def tag(self, name: str) -> str:
        """Clark name of one of the envelope's own elements or attributes."""
        return f"{{{self.namespace}}}{name}"

    @classmethod
    def of_namespace(cls, namespace: str | None) -> SoapVersion | None:
        """The version whose envelope has this namespace."""
        return next((version for version in cls if version.namespace == namespace), None)

    @classmethod
    def of_media_type(cls, media_type: str) -> SoapVersion | None:
        """The version whose requests have this media type."""
        return next((version for version in cls if version.media_type == media_type), None)


_NAMESPACES = {
    SoapVersion.SOAP_11: "http://schemas.xmlsoap.org/soap/envelope/",
    SoapVersion.SOAP_12: "http://www.w3.org/2003/05/soap-envelope",
}
