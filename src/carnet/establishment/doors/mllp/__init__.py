"""The HL7 v2 listener: frames in, acknowledgements out."""
