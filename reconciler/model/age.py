"""How old something is, in words: in the largest unit that it has one of."""

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def age_text(seconds: float) -> str:
    """`3 minutes ago`, `1 day ago`; what is younger than a minute, or not made yet by our clock, is `just now`."""
    for name, unit_s in _UNITS:
        count = int(seconds // unit_s)
        if count >= 1:
            return f"{count} {name if count == 1 else f'{name}s'} ago"
    return "just now"
