terraform {
  required_version = ">= 1.7"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "orders" {
  name     = "rg-orders"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "deploy" {
  name                = "id-orders-deploy"
  resource_group_name = azurerm_resource_group.orders.name
  location            = azurerm_resource_group.orders.location
  tags                = { env = "prod" }
}

resource "azurerm_federated_identity_credential" "github" {
  for_each = {
    main       = "ref:refs/heads/main"
    production = "environment:production"
  }

  name                      = "github-${each.key}"
  user_assigned_identity_id = azurerm_user_assigned_identity.deploy.id
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = "repo:contoso@1234/orders@5678:${each.value}"
  audience                  = ["api://AzureADTokenExchange"]
}

module "workload" {
  source   = "./workload"
  for_each = toset(["api", "worker"])

  name           = each.key
  resource_group = azurerm_resource_group.orders
}

# Stands for whatever else reads the identity.
resource "terraform_data" "pipeline" {
  input = azurerm_user_assigned_identity.deploy.client_id
}
