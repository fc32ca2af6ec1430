"""HL7 CDA R2 as France uses it (CI-SIS, "structuration minimale des documents de santé")."""
