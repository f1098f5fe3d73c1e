"""Sentences typed by hand for the live query: none of them comes from a catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveSentence:
    """A sentence, what it means in English, and the label a person would give it."""

    language: str
    text: str
    meaning: str
    label: str


LIVE_SENTENCES = (
    LiveSentence("en", "I forgot my password and can't get into my account.", "", "accounts"),
    LiveSentence("ar", "نسيت كلمة المرور ولا أستطيع الدخول إلى حسابي", "I forgot my password, can't enter", "accounts"),
    LiveSentence("th", "ฉันลืมรหัสผ่านและเข้าสู่ระบบไม่ได้", "I forgot my password and can't sign in", "accounts"),
    LiveSentence("ka", "პაროლი დამავიწყდა და ანგარიშში ვერ შევდივარ.", "I forgot my password, can't enter", "accounts"),
    LiveSentence("uk", "Я забула пароль від свого облікового запису.", "I forgot my account's password", "accounts"),
    LiveSentence(
        "ru", "Удалить эту запись и всё, что с ней связано?", "Delete this and all its links?", "administration"
    ),
    LiveSentence("ja", "選択した三件の記事を本当に削除しますか？", "Really delete three articles?", "administration"),
    LiveSentence("el", "πριν από τρεις εβδομάδες και δύο ημέρες", "three weeks and two days ago", "dates"),
    LiveSentence("bn", "আগামী সোমবার থেকে দুই সপ্তাহ", "two weeks from next Monday", "dates"),
    LiveSentence("tr", "Toplantı gelecek salı günü saat üçte.", "The meeting is next Tuesday at three", "dates"),
    LiveSentence("fr", "Il manque une référence dans l'index du manuel.", "A reference is missing", "documentation"),
    LiveSentence("zh-Hans", "这份文档的目录里缺少一个章节。", "The contents lack a chapter", "documentation"),
    LiveSentence("es", "El código postal debe tener cinco dígitos.", "The postcode must have five digits", "forms"),
    LiveSentence("he", "נא להזין מספר שלם בין אחת לעשר.", "Please enter a whole number from 1 to 10", "forms"),
    LiveSentence("ko", "이 칸은 비워 둘 수 없습니다.", "This field cannot be left empty", "forms"),
    LiveSentence("de", "Schweizerdeutsch und Westfriesisch", "Swiss German and West Frisian", "languages"),
    LiveSentence("hi", "मराठी और गुजराती", "Marathi and Gujarati", "languages"),
)
