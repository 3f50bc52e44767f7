"""Where the sandbox's cloud has its services: the documents by which clients find the login and ARM.

Whatever a client could send a token to leads back to the sandbox: a rehearsal must not reach Microsoft's services, not
even with a token that is worth nothing there. Only suffixes of names are real, since no request goes to a suffix alone.
"""

from reconciler.sandbox.gateway import Answer, missing_api_version

_AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")
"""Source: azure-cli 2.91 and azure-mgmt-core 1.6.0 (the public cloud's resource ids)."""

_SUFFIXES = {
    "acrLoginServer": "azurecr.io",
    "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
    "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
    "azureFrontDoorEndpointSuffix": "azurefd.net",
    "keyVaultDns": "vault.azure.net",
    "mariadbServerEndpoint": "mariadb.database.azure.com",
    "mhsmDns": "managedhsm.azure.net",
    "mysqlServerEndpoint": "mysql.database.azure.com",
    "postgresqlServerEndpoint": "postgres.database.azure.com",
    "sqlServerHostname": "database.windows.net",
    "storage": "core.windows.net",
    "storageSyncEndpointSuffix": "afs.azure.net",
    "synapseAnalytics": "dev.azuresynapse.net",
}
"""Source: azure-cli 2.91 (the public cloud's suffixes); the fields are those that go-azure-sdk reads."""

_LIST_SINCE = "2018-05-01"
_ONE_SINCE = "2022-09-01"
"""Source: go-azure-sdk and azure-cli 2.91 read one object; azure-cli 2.2 and Terraform's azurerm 2.x read a list from
2019-05-01 and 2020-06-01. Where the list began is assumed."""


def cloud_metadata(base_url: str, api_version: str) -> Answer:
    """`/metadata/endpoints`: one cloud since 2022-09-01, a list of clouds before, a flat form before that.

    Source of the flat form: azure-cli and Azure Stack's documentation (2015-01-01).

    Raises:
        ArmRefusalError: no api-version was asked.
    """
    if not api_version:
        raise missing_api_version()
    if api_version >= _ONE_SINCE:
        return Answer(200, _cloud(base_url))
    if api_version >= _LIST_SINCE:
        return Answer(200, [_cloud(base_url)])
    return Answer(
        200,
        {
            "galleryEndpoint": f"{base_url}/",
            "graphEndpoint": f"{base_url}/",
            "portalEndpoint": f"{base_url}/",
            "authentication": {"loginEndpoint": f"{base_url}/", "audiences": list(_AUDIENCES)},
        },
    )


def _cloud(base_url: str) -> dict[str, object]:
    here = f"{base_url}/"
    services = (
        "activeDirectoryDataLake", "appInsightsResourceId", "appInsightsTelemetryChannelResourceId",
        "attestationResourceId", "batch", "gallery", "graph", "graphAudience", "logAnalyticsResourceId", "media",
        "microsoftGraphResourceId", "ossrDbmsResourceId", "portal", "sqlManagement", "synapseAnalyticsResourceId",
        "vmImageAliasDoc",
    )  # fmt: skip
    return {
        **dict.fromkeys(services, here),
        # Clients that read the list look their cloud up by this name.
        "name": "AzureCloud",
        "resourceManager": here,
        "authentication": {
            "loginEndpoint": here,
            "audiences": list(_AUDIENCES),
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": dict(_SUFFIXES),
    }


def openid_configuration(base_url: str, tenant: str, version: str) -> Answer:
    """The login's own description of a tenant; `version` is `v2.0` or, for the older endpoints, empty.

    Source: OpenID Connect Discovery 1.0; fields and paths as Microsoft's documentation shows them for both versions.
    """
    within = f"{base_url}/{tenant}"
    versioned = f"/{version}" if version else ""
    return Answer(
        200,
        {
            "token_endpoint": f"{within}/oauth2{versioned}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{within}/discovery{versioned}/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{within}{versioned or '/'}",
            "authorization_endpoint": f"{within}/oauth2{versioned}/authorize",
            "device_authorization_endpoint": f"{within}/oauth2{versioned}/devicecode",
            "tenant_region_scope": None,
            "cloud_instance_name": "uami-sandbox",
        },
    )


def instance_discovery(base_url: str, authorization_endpoint: str) -> Answer:
    """Whether a login's address is one of the cloud's: the sandbox's own always is.

    Source: MSAL for Python (`tenant_discovery_endpoint` and `metadata` are what it reads).
    """
    host = base_url.partition("://")[2]
    tenant = authorization_endpoint.partition("://")[2].split("/")[1:2]
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": (
                f"{base_url}/{tenant[0] if tenant else 'common'}/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )
