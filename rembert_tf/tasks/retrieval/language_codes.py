"""The two-letter codes that XTREME uses for the three-letter ones in Tatoeba's file names."""

import re

# ISO 639-3, ISO 639-1; the languages of XTREME's retrieval tasks.
_CODES = """
afr af ara ar aze az ben bn bul bg cmn zh deu de ell el est et eus eu fin fi fra fr heb he hin hi hun hu
ind id ita it jav jv jpn ja kat ka kaz kk kor ko lit lt mal ml mar mr nld nl pes fa pol pl por pt ron ro
rus ru spa es swh sw tam ta tel te tgl tl tha th tur tr ukr uk urd ur vie vi
"""
_TWO_LETTERS = dict(re.findall(r"(\w+) (\w+)", _CODES))


def two_letters(code):
    """Returns XTREME's code of a language, or the code itself where it has none."""
    return _TWO_LETTERS.get(code, code)
