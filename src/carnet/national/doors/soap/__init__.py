"""SOAP 1.2 services of the record: XDS.b and "gestion du dossier patient" (spec dmp §1, §2)."""
