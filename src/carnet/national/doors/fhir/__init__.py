"""FHIR R4: the record as PDSm and IHE MHD share it, beside SOAP and over the same rooms."""
