variable "name" {
  type = string
}

variable "resource_group" {
  type = object({ id = string, name = string, location = string })
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "id-orders-${var.name}"
  resource_group_name = var.resource_group.name
  location            = var.resource_group.location
}

resource "azurerm_federated_identity_credential" "aks" {
  name                      = "aks"
  user_assigned_identity_id = azurerm_user_assigned_identity.this.id
  issuer                    = "https://westeurope.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/00000000-0000-4000-8000-0000000000a5/"
  subject                   = "system:serviceaccount:orders:${var.name}"
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "this" {
  for_each = toset(["Reader", "Monitoring Metrics Publisher"])

  scope                = var.resource_group.id
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.this.principal_id
  principal_type       = "ServicePrincipal"
}
