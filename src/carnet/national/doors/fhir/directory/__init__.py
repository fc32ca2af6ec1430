"""The FHIR API of the directory, as that of the Annuaire Santé: read only, with a key."""
