"""Structures and professionals."""
