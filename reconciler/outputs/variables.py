"""The names that identities have where names are no more than letters, digits and `_`: dotenv files and ConfigMaps.

`id-payments-api` becomes `ID_PAYMENTS_API_CLIENT_ID`, `..._PRINCIPAL_ID`, `..._TENANT_ID` and `..._RESOURCE_ID`. No two
of these are the same for two identities unless what stands before the last two words is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from reconciler.errors import UsageError
from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import shell_command
from reconciler.outputs.collect import IdentityOutput, addresses_of

_KEYS = {
    "CLIENT_ID": "client_id",
    "PRINCIPAL_ID": "principal_id",
    "TENANT_ID": "tenant_id",
    "RESOURCE_ID": "resource_id",
}


def variable_stem(name: str) -> str:
    """An identity's name as a variable begins with it; behind `_` where the name begins with a digit.

    Source: POSIX.1-2017, Base Definitions, 3.235 (what the name of a variable is made of).
    """
    stem = name.upper().replace("-", "_")
    return f"_{stem}" if stem[0].isdigit() else stem


def variables_of(identities: Iterable[IdentityOutput]) -> Iterator[tuple[str, str]]:
    """Names and values, in order of the identities; identities that are not live have none."""
    for one in identities:
        stem, values = variable_stem(one.listed.resource_id.name), one.values
        if one.live is not None:
            yield from ((f"{stem}_{suffix}", str(values[key])) for suffix, key in _KEYS.items())


def check_one_each(flag: str, listed: Sequence[DesiredIdentity], key_of: Callable[[str], str]) -> None:
    """Hold names against each other that a form makes of identities' names.

    Args:
        flag: the flag that asked for the form.
        key_of: what it makes of an identity's name.

    Raises:
        UsageError: several identities would have the same; names all of them.
    """
    by_key: dict[str, list[DesiredIdentity]] = {}
    for one in listed:
        by_key.setdefault(key_of(one.resource_id.name), []).append(one)
    shared = {key: several for key, several in by_key.items() if len(several) > 1}
    if not shared:
        return
    book = addresses_of(listed)
    first = book.short(next(iter(shared.values()))[0].resource_id)
    raise UsageError(
        (
            f"{flag} would give several identities the same name:",
            *(
                f"  {key}: {', '.join(f'{book.short(one.resource_id)} ({one.source})' for one in several)}"
                for key, several in shared.items()
            ),
        ),
        f"Write them one after the other, each with its own --target, as {shell_command('--target', first)}; or with"
        " --format json, which names the resource group of each.",
    )
