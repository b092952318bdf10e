"""The documentation: Markdown pages, one page of functions from their docstrings, and examples that are run."""

project = "sigresample"
extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["_build", "gallery"]
sphinx_gallery_conf = {"examples_dirs": "gallery", "gallery_dirs": "auto_gallery", "show_memory": False}
numpydoc_show_class_members = False
