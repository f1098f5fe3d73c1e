"""From a catalogue's message to a plain sentence, and the form in which two texts count as the same."""

import re
import unicodedata

MARKUP = re.compile(
    r"""
    \{%.*?%\} | \{\{.*?\}\}                             # template tags and variables
    | <[^<>]*> | &\#?\w+;                               # HTML tags and entities
    | %\([^)]*\)[-#0+\ ]*\d*(?:\.\d+)?[a-zA-Z]          # %(name)s
    | %[-#0+]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa%]          # %s, %02d, %%
    | \{[^{}]*\}                                        # {name}, {0}, {}
    | https?://\S+
    | :[\w:+-]+:(?=`) | `+_* | \*{1,2} | \|(?=\S)       # rST roles, literals, emphasis
    | ^\s*\.\.\s+\w+::\s                                # rST directives
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# "Save (&S)" in East Asian catalogues, "&Save" elsewhere.
ACCELERATOR = re.compile(r"\(&\w\)|&(?=\w)")
EMPTY_PAIR = re.compile(r"([(\[“”\"«»‘’'„「『《（])\s*([)\]“”\"«»‘’'」』》）])")
SPACE_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?)\]。、，！？])")
EDGES = " -–—:;,·=/|<>…\u200e\u200f"
IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

MIN_LETTERS = 3
MIN_IDEOGRAPHS = 2  # two Chinese, Japanese or Korean characters are already a word


def clean_text(message):
    """Removes placeholders, tags, rST marks and accelerators, and the gaps and empty quotes they leave."""
    text = ACCELERATOR.sub("", MARKUP.sub(" ", message))
    text = EMPTY_PAIR.sub(" ", " ".join(text.split()))
    return SPACE_BEFORE_STOP.sub("", " ".join(text.split())).strip(EDGES)


def same_text_key(text):
    """Returns what is left for comparing texts: casefolded words of letters and marks, no digits or punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if unicodedata.category(c)[0] in "LM" else " " for c in folded).split())


def says_something(key):
    """Tells whether a same-text key holds enough letters to be about anything."""
    letters = sum(unicodedata.category(c)[0] == "L" for c in key)
    return letters >= (MIN_IDEOGRAPHS if IDEOGRAPHIC.search(key) else MIN_LETTERS)
