"""A plain Sphinx project with MyST-NB."""

import os
import sys

sys.path.insert(0, os.path.abspath(".."))
project = "Tides"
extensions = ["myst_nb"]
exclude_patterns = ["_build", "drafts"]
html_theme = "alabaster"
myst_enable_extensions = ["dollarmath", "colon_fence"]
nb_execution_timeout = 60
