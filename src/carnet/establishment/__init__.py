"""The second wing: the gateway between an establishment's own messages and the country."""
