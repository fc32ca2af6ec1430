"""GDP, "gestion du dossier patient": the HL7 v3 messages about a shared record (spec dmp §2.2)."""
