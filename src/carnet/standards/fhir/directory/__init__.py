"""The FHIR API of the Annuaire Santé: its parameters, its searches, its resources.

Source: ANS, IG-fhir-annuaire 1.2 (profiles as-dp-*) and the documentation of the API, version 2;
spec identity §3.4, mssante §9.
"""
