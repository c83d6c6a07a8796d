"""NOT_GIVEN: the default of optional arguments for which None would mean something."""

from __future__ import annotations


class NotGiven:
    """Type of NOT_GIVEN, the default of optional arguments for which None would mean something."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __reduce__(self) -> str:
        # One object only, also after pickling: it is compared by identity.
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()
