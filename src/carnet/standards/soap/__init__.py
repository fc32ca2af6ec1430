"""SOAP 1.2: the envelope with WS-Addressing, and the MTOM/XOP packages that carry documents."""
