"""What is wrong with a query, in the codes of Resource Graph, and what only the sandbox does not understand of one.

Source of what Resource Graph has: its documentation (query language, supported tables) and Kusto's, for the names of
functions and of operators within expressions.
"""

from dataclasses import dataclass

NOT_SERVED = "NotServed"
"""The code of an error that is not Resource Graph's: it would answer."""

OTHER_OPERATORS = ("join", "parse", "union")
OTHER_INNER_OPERATORS = (
    "+", "-", "*", "/", "%", "between", "!between", "has_all", "has_any", "hasprefix", "!hasprefix", "hasprefix_cs",
    "!hasprefix_cs", "hassuffix", "!hassuffix", "hassuffix_cs", "!hassuffix_cs", "matches",
)  # fmt: skip
OTHER_LITERALS = ("bool", "datetime", "date", "decimal", "double", "guid", "int", "long", "real", "time", "timespan")
TIME_UNITS = (
    "d", "day", "days", "h", "hr", "hrs", "hour", "hours", "m", "min", "minute", "minutes", "s", "sec", "second",
    "seconds", "ms", "milli", "millis", "millisecond", "milliseconds", "micro", "microsecond", "microseconds", "tick",
    "ticks",
)  # fmt: skip
_OTHER_FUNCTIONS = frozenset(
    (
        "abs", "ago", "any", "anyif", "array_concat", "array_iff", "array_index_of", "array_reverse",
        "array_rotate_left",
        "array_rotate_right", "array_shift_left", "array_shift_right", "array_slice", "array_sort_asc",
        "array_sort_desc", "array_split", "array_sum", "arg_max", "arg_min", "avg", "avgif", "bag_has_key", "bag_merge",
        "bag_pack", "bag_remove_keys", "bag_set_key", "base64_decode_tostring", "base64_encode_tostring", "bin",
        "bin_at", "case", "ceiling", "column_ifexists", "countof", "datetime_add", "datetime_diff", "datetime_part",
        "dayofmonth", "dayofweek", "dayofyear", "dcountif", "endofday", "endofmonth", "endofweek", "endofyear", "exp",
        "extract", "extract_all", "extract_json", "extractjson", "floor", "format_datetime", "format_ipv4",
        "format_timespan", "gettype", "getmonth", "getyear", "hash", "hash_sha256", "hourofday", "indexof",
        "ipv4_compare", "ipv4_is_in_range", "ipv4_is_match", "ipv4_is_private", "ipv6_compare", "isascii", "isfinite",
        "isinf", "isnan", "isutf8", "jaccard_index", "log", "log10", "log2", "make_bag", "make_bag_if", "make_datetime",
        "make_list_if", "make_set_if", "make_timespan", "max_of", "maxif", "min_of", "minif", "monthofyear", "new_guid",
        "now", "pack", "pack_all", "pack_array", "parse_ipv4", "parse_path", "parse_url", "parse_urlquery",
        "parse_version", "parse_xml", "percentile", "percentiles", "pow", "rand", "range", "repeat", "replace",
        "replace_regex", "replace_string", "replace_strings", "reverse", "round", "set_difference", "set_has_element",
        "set_intersect", "set_union", "sign", "sqrt", "startofmonth", "startofweek", "startofyear",
        "stdev", "strcat_array", "strcat_delim", "strcmp", "string_size", "strlen", "strrep", "substring", "sum",
        "sumif",
        "take_any", "take_anyif", "todecimal", "toguid", "tohex", "totimespan", "translate",
        "treepath", "trim", "trim_end", "trim_start", "unixtime_milliseconds_todatetime", "unixtime_seconds_todatetime",
        "url_decode", "url_encode", "variance", "week_of_year", "zip",
    )
)  # fmt: skip
_OTHER_TABLES = frozenset(
    (
        "advisorresources", "alertsmanagementresources", "appserviceresources", "awsresources",
        "azurebusinesscontinuityresources", "chaosresources", "communitygalleryresources", "computeresources",
        "desktopvirtualizationresources", "dnsresources", "edgeorderresources", "elasticsanresources",
        "extendedlocationresources", "featureresources", "guestconfigurationresources", "healthresourcechanges",
        "healthresources", "insightsresources", "iotsecurityresources", "kubernetesconfigurationresources",
        "kustoresources", "maintenanceresources", "managedservicesresources", "migrateresources", "networkresources",
        "patchassessmentresources", "patchinstallationresources", "policyresources", "quotaresources",
        "recoveryservicesresources", "resourcechanges", "resourcecontainerchanges", "securityresources",
        "servicefabricresources", "servicehealthresources", "spotresources", "supportresources", "tagsresources",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token stands: the line from 1, the character in it from 0, and the token's text.

    Source: recorded traffic (`where where` fails at `<EOF>`, line 1, position 11).
    """

    line: int
    position: int
    token: str


class KqlError(Exception):
    """A query cannot be answered.

    Attributes:
        code: of the detail of the service's error.
        place: where the parser stopped, None for what is wrong with the meaning.
        stands_alone: the service says no more than this, not even that the query is invalid.
    """

    def __init__(self, code: str, message: str, place: Place | None = None, *, stands_alone: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.stands_alone = stands_alone


def parser_failure(place: Place) -> KqlError:
    """The query is not of the grammar. Source: recorded traffic (azure-cli, resource graph tests)."""
    return KqlError("ParserFailure", "ParserFailure", place)


def not_served(what: str) -> KqlError:
    """Something that Resource Graph understands and the sandbox does not."""
    return KqlError(NOT_SERVED, what)


def unsupported_operator(name: str) -> KqlError:
    """An operator of Kusto that Resource Graph does not have.

    Source: as quoted by users (azure-powershell issue 13762, of `parse`, which came later).
    """
    if name in OTHER_OPERATORS:
        return not_served(f"the operator `{name}` in queries")
    return KqlError("InvalidQueryLanguage", "InvalidQueryLanguage", Place(-1, -1, name))


def unknown_function(name: str) -> KqlError:
    """Source: as quoted in the tests of grafana's data source."""
    if name in _OTHER_FUNCTIONS:
        return not_served(f"the function `{name}()` in queries")
    return KqlError("UnknownFunction", f"Unknown function: '{name}'.")


def unknown_table(name: str) -> KqlError:
    """Source: as quoted by users (azqr issue 847)."""
    if name.lower() in _OTHER_TABLES:
        return not_served(f"the table `{name.lower()}` in queries")
    message = f"Table {name} is invalid, unsupported or disallowed."
    return KqlError("DisallowedLogicalTableName", message, stands_alone=True)


def semantic_error(message: str) -> KqlError:
    """The query makes no sense over this table. Source of the code: assumed."""
    return KqlError("SemanticError", message)
