"""Configuration of the documentation."""

from algozoo import __version__

project = "AlgoZoo"
author = "The AlgoZoo developers"
copyright = "2026, the AlgoZoo developers"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_heading_anchors = 2
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "AlgoZoo"
