"""The room of the build: what Sphinx is told, which pages are stale, how the site is finished."""
