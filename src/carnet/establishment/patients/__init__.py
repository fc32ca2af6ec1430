"""Local identity: what the establishment's messages say of its patients, how far it is trusted."""
