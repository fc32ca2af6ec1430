"""How the establishment's world comes in: HL7 over MLLP, and the operators' pages."""
