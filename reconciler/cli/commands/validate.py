"""`uami validate`: check manifests offline."""

import os

from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.help.page import OF_FILES, help_notes
from reconciler.cli.support.flag_groups import with_flag_groups
from reconciler.cli.support.flags import Cloud, CloudName, GuardrailFlags, Paths, Strict, VariableFlags
from reconciler.cli.support.inputs import note_skipped, read_standard_input, read_variables
from reconciler.cli.support.output import chosen_format, print_report
from reconciler.errors import ExitCode


@help_notes(
    "uami validate manifests/",
    "uami validate manifests/ --strict --var SUBSCRIPTION_ID=...",
    codes=(*OF_FILES, ExitCode.REFUSED),
)
@with_flag_groups
def validate(
    paths: Paths,
    variables: VariableFlags,
    *,
    strict: Strict = False,
    cloud: Cloud = CloudName.AZURE_CLOUD,
    bounds: GuardrailFlags,
    report: ReportFlags,
) -> ExitCode:
    """Check manifests offline: every problem of every file in one run, each with its place and how to fix it.

    What is usually a mistake is warned about: risky trust, broad roles, deletions without a pinned principal.
    """
    # Not the workflow: it would import the HTTP client, which nothing offline needs.
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.guardrails import judge_offline
    from reconciler.manifest.findings import find_doubts_and_accepted
    from reconciler.manifest.load import load_manifest

    audience, given = CLOUDS[cloud].exchange_audience, read_variables(variables)
    desired = load_manifest(paths, given, os.environ, read_standard_input, audience=audience, on_skipped=note_skipped)
    verdict = judge_offline(bounds.guardrails, os.environ, paths, desired)
    findings, accepted = find_doubts_and_accepted(desired, audience)
    print_report(chosen_format(report).validated(desired, findings, accepted, verdict, strict=strict))
    return ExitCode.REFUSED if verdict.violations or (strict and findings) else ExitCode.DONE
