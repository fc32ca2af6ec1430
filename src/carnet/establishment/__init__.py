"""The second wing: the gateway of a hospital, a laboratory or a group, between its messages and the country."""
