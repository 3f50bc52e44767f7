"""The part of the Kusto query language that Resource Graph is asked in: read, checked against a table, evaluated.

A query is never recognised by its shape: text becomes tokens, a syntax tree, and then functions over rows whose column
types are known before the first row is looked at. What is not served is an error that names it. Names are compared with
case, but for tables. Source: Azure documentation (Kusto entity names; the tables of Resource Graph).
"""
