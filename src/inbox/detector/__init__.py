"""Tells languages apart by their letters: a small model of n-grams, read once, no service asked.

`model.bin` is cut from that of py3langid (Copyright (c) 2021 Adrien Barbaresi, (c) 2011 Marco Lui; BSD 3-Clause, whose
words lie beside it); `tools/cut_language_model.py` makes it anew.
"""

from inbox.detector.ngrams import Ngrams

__all__ = ["Ngrams"]
