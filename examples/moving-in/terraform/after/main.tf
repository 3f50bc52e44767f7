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

data "azurerm_user_assigned_identity" "deploy" {
  name                = "id-orders-deploy"
  resource_group_name = azurerm_resource_group.orders.name
}

# Stands for whatever else reads the identity.
resource "terraform_data" "pipeline" {
  input = data.azurerm_user_assigned_identity.deploy.client_id
}
