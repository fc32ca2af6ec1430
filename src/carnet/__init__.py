"""Carnet: an open implementation of the French *Mon espace santé* ecosystem."""

__version__ = "0.1.0"
