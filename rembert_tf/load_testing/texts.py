"""What a load test asks where the user has no texts: sentences of ours, in many languages and of many lengths."""

from rembert_tf.serving.client.heads import FILL_MASK, head_of
from rembert_tf.serving.client.queries import named_inputs

SENTENCES = (
    "The museum opens at nine.",
    "Der letzte Zug fährt um halb zwölf vom Hauptbahnhof ab, und danach kommt bis zum Morgen keiner mehr.",
    "¿Dónde puedo cambiar mi contraseña?",
    "Bonjour",
    "Il treno per Milano è in ritardo di venti minuti a causa di lavori sulla linea.",
    "Сегодня вечером в библиотеке будет лекция о звёздах.",
    "この駅から空港までバスで四十分かかります。",
    "请在星期五之前把表格寄回办公室。",
    "도서관은 월요일에 문을 닫습니다.",
    "متى يفتح المتحف أبوابه للزوار؟",
    "हमें कल सुबह जल्दी निकलना होगा क्योंकि रास्ता लंबा है।",
    "Müze pazartesi günleri kapalıdır.",
    "Η βροχή σταμάτησε το πρωί.",
    "Kirjasto on suljettu.",
    "A könyvtár hétfőn zárva van, de a könyveket a bejárat melletti ládába bármikor vissza lehet tenni.",
    "Maktaba hufungwa siku ya Jumapili.",
    "รถไฟมาสาย",
    "Thư viện đóng cửa vào thứ Hai.",
    "המוזיאון נפתח בשעה תשע.",
    "Pociąg do Krakowa odjeżdża z drugiego peronu.",
    "A biblioteca fica fechada às segundas-feiras, mas os livros podem ser devolvidos na caixa ao lado da porta.",
    "Buku itu ada di atas meja.",
    "Музей відчиняється о дев'ятій.",
    "OK",
    "The bridge over the river was closed for repairs in spring, so that everybody who lives on the other side has to "
    "take the ferry, which runs every half hour until ten in the evening and carries no cars. A new bridge is being "
    "planned, but nobody knows yet who will pay for it, or whether it will be wide enough for a cycle path. Until then "
    "the town has put up a shelter on each bank, with a bench, a clock and a list of departures.",
    "Die Bäckerei am Markt verkauft ihr Brot seit dem Frühjahr auch in zwei Dörfern der Umgebung. Ein Wagen bringt es "
    "jeden Morgen um sechs dorthin, und wer am Abend vorher anruft, findet seine Tüte schon gepackt.",
)
CONTEXT_SENTENCES = 8  # some 200 words: the length of an encyclopedia's paragraph
MASK = " [MASK]"


def own_columns(signature):
    """Returns {input: list of values} for any of this package's models: one row for each sentence.

    Args:
        signature: the model's `Signature`.

    Raises:
        InputError: the model takes other inputs than texts.
    """
    texts = list(SENTENCES)
    if head_of(signature) == FILL_MASK:
        texts = [text + MASK for text in texts]
    return named_inputs(texts, _companions(signature.inputs), signature.inputs)


def _companions(specs):
    """The second input's values: contexts of a paragraph, choices for every text, or the next sentence."""
    if len(specs) < 2:
        return []
    if any(spec.shape is not None and len(spec.shape) == 2 for spec in specs.values()):
        return list(SENTENCES[:4])
    count = CONTEXT_SENTENCES if "context" in specs else 1
    around = SENTENCES + SENTENCES
    return [" ".join(around[index + 1 : index + 1 + count]) for index in range(len(SENTENCES))]
