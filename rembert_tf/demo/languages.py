"""The languages of the demo: those seen in training, and those kept back until the test."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language as the catalogues know it; `code` is its BCP 47 tag."""

    code: str
    name: str
    script: str
    note: str = ""  # for unseen languages: what training saw that is close to it

    def folder(self, domain):
        """The catalogue folder's name; Sphinx names a few by country instead of by script."""
        if domain == "sphinx" and self.code in SPHINX_FOLDERS:
            return SPHINX_FOLDERS[self.code]
        return self.code.replace("-", "_")


SPHINX_FOLDERS = {"zh-Hans": "zh_CN", "zh-Hant": "zh_TW", "uk": "uk_UA"}

SEEN = (
    Language("ar", "Arabic", "Arabic"),
    Language("bg", "Bulgarian", "Cyrillic"),
    Language("bn", "Bengali", "Bengali"),
    Language("cs", "Czech", "Latin"),
    Language("de", "German", "Latin"),
    Language("el", "Greek", "Greek"),
    Language("en", "English", "Latin"),
    Language("es", "Spanish", "Latin"),
    Language("et", "Estonian", "Latin"),
    Language("fa", "Persian", "Arabic"),
    Language("fi", "Finnish", "Latin"),
    Language("fr", "French", "Latin"),
    Language("he", "Hebrew", "Hebrew"),
    Language("hi", "Hindi", "Devanagari"),
    Language("hr", "Croatian", "Latin"),
    Language("hu", "Hungarian", "Latin"),
    Language("id", "Indonesian", "Latin"),
    Language("it", "Italian", "Latin"),
    Language("ja", "Japanese", "Japanese"),
    Language("ka", "Georgian", "Georgian"),
    Language("ko", "Korean", "Hangul"),
    Language("lt", "Lithuanian", "Latin"),
    Language("lv", "Latvian", "Latin"),
    Language("ml", "Malayalam", "Malayalam"),
    Language("nl", "Dutch", "Latin"),
    Language("pl", "Polish", "Latin"),
    Language("pt-BR", "Brazilian Portuguese", "Latin"),
    Language("ro", "Romanian", "Latin"),
    Language("ru", "Russian", "Cyrillic"),
    Language("sr", "Serbian", "Cyrillic"),
    Language("sv", "Swedish", "Latin"),
    Language("th", "Thai", "Thai"),
    Language("tr", "Turkish", "Latin"),
    Language("vi", "Vietnamese", "Latin"),
    Language("zh-Hans", "Simplified Chinese", "Han"),
)

UNSEEN = (
    Language("az", "Azerbaijani", "Latin", "close to Turkish"),
    Language("ca", "Catalan", "Latin", "close to Spanish"),
    Language("da", "Danish", "Latin", "close to Swedish"),
    Language("eu", "Basque", "Latin", "related to none"),
    Language("hy", "Armenian", "Armenian", "a script never seen; its catalogues hold no documentation"),
    Language("ky", "Kyrgyz", "Cyrillic", "a Turkic language in a script seen for Slavic ones"),
    Language("ne", "Nepali", "Devanagari", "close to Hindi"),
    Language("sk", "Slovak", "Latin", "close to Czech"),
    Language("ug", "Uyghur", "Arabic", "a Turkic language in a script seen for others"),
    Language("uk", "Ukrainian", "Cyrillic", "close to Russian"),
    Language("zh-Hant", "Traditional Chinese", "Han", "close to Simplified Chinese"),
)

BY_CODE = {language.code: language for language in SEEN + UNSEEN}
SEEN_CODES = frozenset(language.code for language in SEEN)
