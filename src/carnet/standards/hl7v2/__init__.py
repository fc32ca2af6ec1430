"""HL7 v2 as French hospitals speak it: ER7, MLLP frames, IHE PAM France, CDA in MDM and ORU."""
