"""Writes docs/faults.md anew: ``python -m tests.spoilt.page``."""

from __future__ import annotations

from tests.conformance.test_spoilt_retailers import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
