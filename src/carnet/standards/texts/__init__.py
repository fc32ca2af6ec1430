"""The text in a document, and the words in a text: what a search needs, and nothing of a database.

`extract` takes the text out of a CDA, a PDF, an RTF or a plain text; `words` cuts a text into
words as they are searched; `equivalents` knows what is also called otherwise ("IRM").
"""

from carnet.standards.texts.extraction import extract
from carnet.standards.texts.parts import Extracted, Limits, Part, TextError

__all__ = ["Extracted", "Limits", "Part", "TextError", "extract"]
