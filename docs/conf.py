"""Sphinx configuration of the documentation site. `make docs` builds it, with warnings as errors."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]

project = "aldis-conformance"
author = "the aldis-conformance contributors"
copyright = author  # noqa: A001 - the name that Sphinx reads
extensions = ["myst_parser", "generated"]
exclude_patterns = ["examples", "_ext"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "aldis-conformance"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True
smartquotes = False  # would turn --option into an en dash
