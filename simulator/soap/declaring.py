"""Declares the operations of a contract to Spyne: wrappers, their children, and the namespaces of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spyne import rpc

from simulator.soap.contract import DIT

Decorator = Callable[[Callable[..., Any]], Any]

_ARGUMENTS = ("asked", "also")
"""The parameter names of a service function for the children of the request's wrapper, in their order."""


def operation(
    namespace: str, wrapper: str, *inside: tuple[str, Any], reply: str, result: str | None = None, returns: Any = None
) -> Decorator:
    """Spyne's ``rpc`` for a wrapper with its children (name and kind), answered by a wrapper with one child or none."""
    decorate: Decorator = rpc(
        *(kind for _, kind in inside),
        _in_message_name=f"{{{namespace}}}{wrapper}",
        _in_variable_names={name: child for name, (child, _) in zip(_ARGUMENTS, inside, strict=False)},
        _out_message_name=f"{{{namespace}}}{reply}",
        **({} if result is None else {"_returns": returns, "_out_variable_name": result}),
    )
    return decorate


def structure(kind: Any) -> Any:
    """A child that carries a structure stands in the structures' namespace, not in the wrapper's."""
    return kind.customize(sub_ns=DIT)
