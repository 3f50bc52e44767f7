"""Who can become each identity, for people."""

from reconciler.report.rows import Header
from reconciler.report.trust.text import render_trust
from tests.builders import SUBSCRIPTION, TENANT
from tests.unit.report.trust.trusting import EVERYTHING, FINDING, NOTHING, UNREAD, report

HEADER = Header("s.json", principal="")
HEAD = f"""\
SANDBOX       s.json
Tenant        {TENANT}
Subscription  Payments ({SUBSCRIPTION})

"""


def test_report_is_whole() -> None:
    told = report(EVERYTHING, NOTHING, findings=(FINDING,), accepted=2)

    assert render_trust(told, HEADER, color=False) == HEAD + (
        """\
rg-app/id-a
  trusts        GitHub `contoso/payments`, environment `prod`  credential gh
                whoever the credential `flex` means, which this api-version
                cannot show  credential flex
  attached to   virtualMachines vm-a (rg-data)
  roles         Reader on rg-data
                Contributor on rg-data
  member of     group Payments
  app roles     User.Read.All of Microsoft Graph

rg-app/id-b
  trusts        nobody
  roles         none

rg-app/id-missing  (not live yet)

Risky trust:

identities.yaml:5:9: warning: rg-app/id-a/federatedCredentials/gh trusts a name [trust-by-name]
    hint: Trust an id.

not looked at: data-plane grants, identityProfile
Trust: 2 identities, 3 who can become one, 1 warning (2 more accepted).
"""
    )


def test_what_could_not_be_read_is_never_nothing() -> None:
    text = render_trust(report(UNREAD), HEADER, color=False)

    assert (
        """\
  trusts        nobody that could be read
  roles         none that could be read
  not read      federated credentials: no right
                attached resources: no Graph
                roles: no role
                Entra groups: no token
                app roles: no token
"""
        in text
    )
