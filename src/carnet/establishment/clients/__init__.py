"""How the establishment calls the country: the shared record by SOAP, secure mail by SMTP."""
