"""The prefixes of a document: declared once, at its root, so that names inside values mean the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"


class Prefixes:
    """Prefix to namespace. There is no default namespace: a name without a prefix is in none."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self._by_namespace: dict[str, str] = {XML: "xml"}
        self._declared: dict[str | None, str] = {}
        for prefix, namespace in wanted.items():
            if (
                prefix
                and prefix != "xml"
                and namespace
                and not namespace.startswith("http://www.w3.org/2001/XMLSchema")
            ):
                self._declare(prefix, namespace)

    def _declare(self, prefix: str, namespace: str) -> None:
        if namespace not in self._by_namespace and prefix not in self._declared:
            self._by_namespace[namespace] = prefix
            self._declared[prefix] = namespace

    def prefix(self, namespace: str) -> str:
        """The prefix of a namespace; it is declared from now on."""
        found = self._by_namespace.get(namespace)
        if found is None:
            found = "xsi" if namespace == XSI else f"n{len(self._declared)}"
            while found in self._declared:
                found += "_"
            self._declare(found, namespace)
        return found

    def written(self, name: str) -> str:
        """A Clark name as prefix and local name."""
        namespace, brace, local = name.removeprefix("{").partition("}")
        return f"{self.prefix(namespace)}:{local}" if brace and namespace else name

    def rewritten(self, text: str, namespaces: Mapping[str, str]) -> str:
        """A name that was written with the prefixes of a schema, with those of the document."""
        prefix, colon, local = text.strip().rpartition(":")
        namespace = namespaces.get(prefix if colon else "", "")
        return f"{self.prefix(namespace)}:{local}" if namespace else local

    @property
    def declared(self) -> dict[str | None, str]:
        """What the root declares."""
        return dict(self._declared)
