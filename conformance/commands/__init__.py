"""The subcommands of ``aldis``, one module each. A command reads its options, calls one package, and prints."""

from __future__ import annotations

COMMANDS = {
    "audit": "List DIT's audit records of the calls made in its channels.",
    "check": "Run the conformance suite against a retailer's system.",
    "doctor": "Check the installation, ports, certificates and database.",
    "dossier": "Verify what a retailer attaches for sign-off.",
    "generate": "Write sample documents of a channel.",
    "init": "Write a retailer.toml and a CI file to start from.",
    "ledger": "Tell a person's year: granted, applied, carried over, lapsed, and why.",
    "plan": "List the eight connecting steps with their earliest dates.",
    "replay": "Do one failed case again.",
    "requirements": "List the requirements and how each is tested.",
    "schemas": "Look at the schema catalogue.",
    "serve": "Run the simulator of DIT and ALDIS.",
    "validate": "Check documents against schema and business rules.",
}

DESCRIPTION = """\
Conformance harness and DIT simulator for electricity retailers that connect to ALDIS.

Exit codes: 0 all required checks passed, 1 the retailer failed or a document is invalid, 2 wrong use, 3 the harness
itself failed, 4 nothing was tested.
"""
