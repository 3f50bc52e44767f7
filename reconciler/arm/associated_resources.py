"""The resources that an identity is attached to, as Microsoft.ManagedIdentity itself tells them.

It tells all of them, whatever the caller may read of each, but only in preview api-versions and slowly.

Source: Microsoft Entra documentation, "View associated resources for a user-assigned managed identity".
"""

from dataclasses import dataclass

from reconciler.arm.http.answers import too_many_pages
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, object_list, optional_text, text
from reconciler.arm.http.paths import identity_path
from reconciler.model import AttachedResource, ResourceId, attached

API_VERSION = "2022-01-31-preview"
"""The newest one that has the operation. Source: Microsoft.ManagedIdentity OpenAPI documents."""


@dataclass(frozen=True, slots=True)
class AssociatedResources:
    """The one call; raises as ArmClient does."""

    client: ArmClient

    def list(self, resource_id: ResourceId) -> tuple[AttachedResource, ...]:
        """Everything that an identity is attached to, in order of the ids; NotFound where there is no identity."""
        found: tuple[AttachedResource, ...] = ()
        for _ in range(self.client.max_pages):
            page, more = self._page(resource_id, len(found))
            found += page
            if not more:
                return attached(found)
        raise too_many_pages(f"querying {resource_id}", self.client.max_pages)

    def _page(self, resource_id: ResourceId, skip: int) -> tuple[tuple[AttachedResource, ...], bool]:
        # By `$skip` rather than by the link of a page, which would have to be asked by a GET that no document has.
        parameters = {"$skip": str(skip)} if skip else {}
        path = f"{identity_path(resource_id)}/listAssociatedResources"
        return self.client.query(path, API_VERSION, None, _read_page, parameters)


def _read_page(body: JsonObject) -> tuple[tuple[AttachedResource, ...], bool]:
    page = tuple(AttachedResource(text(item, "id")) for item in object_list(body, "value"))
    more = optional_text(body, "nextLink") is not None
    if more and not page:
        raise FieldError("an empty page says that there are more")
    return page, more
