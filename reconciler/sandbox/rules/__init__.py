"""What holds for every resource alike: rights, locks, scopes, tags, locations."""

from reconciler.sandbox.rules.attachments import ASSIGN, attach, identity_block
from reconciler.sandbox.rules.directory_delay import is_too_new
from reconciler.sandbox.rules.extensions import applying_at, reaching, standing_at
from reconciler.sandbox.rules.locations import REGION_LIST, REGIONS, Region, normalize_location, require_location
from reconciler.sandbox.rules.locking import LEVELS, refuse_locked
from reconciler.sandbox.rules.rights import DeniedPrincipal, DenyAssignment
from reconciler.sandbox.rules.roles import (
    BUILT_IN,
    CUSTOM,
    all_roles,
    definition_id,
    find_role,
    guid_of,
    is_assignable_at,
    is_assignable_below,
    is_built_in,
    require_role,
    role_not_found,
    role_properties,
    role_type,
    show_permission,
)
from reconciler.sandbox.rules.scopes import (
    group_scope,
    require_group,
    require_group_of,
    require_scope,
    require_subscription,
    require_writable_group,
    require_writable_scope,
    resource_not_found,
)
from reconciler.sandbox.rules.tags import check_together, read_tags

__all__ = [
    "ASSIGN",
    "BUILT_IN",
    "CUSTOM",
    "LEVELS",
    "REGIONS",
    "REGION_LIST",
    "DeniedPrincipal",
    "DenyAssignment",
    "Region",
    "all_roles",
    "applying_at",
    "attach",
    "check_together",
    "definition_id",
    "find_role",
    "group_scope",
    "guid_of",
    "identity_block",
    "is_assignable_at",
    "is_assignable_below",
    "is_built_in",
    "is_too_new",
    "normalize_location",
    "reaching",
    "read_tags",
    "refuse_locked",
    "require_group",
    "require_group_of",
    "require_location",
    "require_role",
    "require_scope",
    "require_subscription",
    "require_writable_group",
    "require_writable_scope",
    "resource_not_found",
    "role_not_found",
    "role_properties",
    "role_type",
    "show_permission",
    "standing_at",
]
