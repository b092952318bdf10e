"""The documentation: Markdown pages, and one page of functions from their docstrings."""

project = "sigresample"
extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]
numpydoc_show_class_members = False
