"""IHE XDS.b: what is said of a document, in objects and in ebRIM, and what carries it."""
