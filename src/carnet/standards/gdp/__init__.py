"""GDP, "gestion du dossier patient": the HL7 v3 messages about a shared record (spec dmp §2.2).

`td02` is a record there? · `td13a` its administrative data · `registration` change, close ·
`td05` whose record? What they share: `messages`, `people`, `patient_query`.
"""
