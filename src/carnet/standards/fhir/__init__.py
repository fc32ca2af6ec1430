"""FHIR R4 as the sharing of documents speaks it: PDSm of the ANS on IHE MHD 4.2.

Resources are plain dictionaries: `write` makes them, `read` judges their form and gives metadata
of XDS. Sources: HL7 FHIR R4 (4.0.1), IHE MHD 4.2.3, PDSm 3.1.1; mapping: spec dmp §7.3.
"""
