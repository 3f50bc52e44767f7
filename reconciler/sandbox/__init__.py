"""An emulator of Azure Resource Manager, for people without a subscription and for every test.

It imports nothing of the rest of the package: a parser shared with the client would let one misreading of ARM pass on
both sides. Each rule names where it comes from: "recorded traffic" is what public test recordings of azure-cli,
azure-service-operator and the Azure SDKs show, "OpenAPI" is Microsoft's own description, "as quoted by users" is the
text that public issues report, and "assumed" is our guess, on which no client may rest.
"""
