"""What can go wrong with requests on disk, as sentences a user can act on."""

from __future__ import annotations


class LinkError(Exception):
    """A file cannot be linked, or a link cannot be used; the text says which file, which line and what to do."""
