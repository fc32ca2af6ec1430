"""The synthetic region: the Val d'Aubre, its structures, professionals and two hundred citizens.

Nobody here exists. Matricules carry the test OID, RPPS numbers start with 99 and FINESS numbers
lie in a département that does not exist; names are drawn from lists by a fixed seed, so that two
machines grow the same region.
"""
