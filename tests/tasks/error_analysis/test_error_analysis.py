"""The report of mistakes: it parses, nothing in a text takes effect, its numbers are right, pictures are there."""

import html.parser
import struct

import matplotlib.image
import pytest

from rembert_tf.errors import InputError
from rembert_tf.tasks.error_analysis import write_error_analysis
from rembert_tf.tasks.task import Mistake

HOSTILE = [
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table><h1>owned</h1>",
    "a | b | c\nnew line\r\n# heading",
    "[link](javascript:alert(1)) ![x](http://example.com/x.png) `code` **bold** www.example.com",
    "&lt;script&gt; &amp; \x00\x1b[31m \ud800 \u202egnp.exe",
]
MISTAKES = [
    Mistake("the cat", "animal", "plant", 0.9, "en", 7),
    Mistake("القط", "animal", "plant", 0.7, "ar", 4),
    Mistake("חתול", "plant", "animal", 0.8, "he", 4),
    *(Mistake(text, "animal", "plant", 0.1 * number, "en", 30) for number, text in enumerate(HOSTILE)),
]
CONFUSION = {("animal", "animal"): 20, ("animal", "plant"): 8, ("plant", "animal"): 1, ("plant", "plant"): 11}
SCORES = {"en": 0.8, "ar": 0.5, "he": 0.75}
VOID = {"meta", "img", "br"}


class Tree(html.parser.HTMLParser):
    """Checks that tags nest, and keeps cells, tags and attributes."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("analysis") / "report"
    write_error_analysis("topics <b>", 40, MISTAKES, CONFUSION, SCORES, place, lengths=[7, 4, 4, *[30] * 37])
    return place


@pytest.fixture(scope="module")
def tree(folder):
    return Tree((folder / "report.html").read_text(encoding="utf-8"))


def test_folder_holds_reports_and_pictures(folder):
    names = {"report.html", "report.md", "languages.png", "confusion.png", "lengths.png"}
    assert {file.name for file in folder.iterdir()} == names
    for picture in folder.glob("*.png"):
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n") and content.rstrip().endswith(b"IEND\xaeB`\x82")
        width, height = struct.unpack(">II", content[16:24])
        assert width > 300 and height > 300
        assert matplotlib.image.imread(picture)[..., :3].std() > 0.01  # not blank


def test_html_is_one_file_in_which_nothing_runs(folder, tree):
    assert not {"script", "b", "iframe", "a"} & set(tree.tags) and tree.tags.count("h1") == 1
    assert tree.tags.count("img") == 3
    for tag, attributes in tree.attributes:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/png;base64,iVBOR")
    policy = [attributes for _, attributes in tree.attributes if "http-equiv" in attributes]
    assert policy[0]["content"].startswith("default-src 'none'")
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://example.com/x.png", "") and "https://" not in text


def test_texts_are_shown_as_they_are(tree):
    shown = [row[1] for row in tree.rows if len(row) == 5]
    for text in HOSTILE[:5]:
        # HTML itself reads a carriage return as a line feed.
        assert text.replace("\r\n", "\n") in [cell.replace("\r\n", "\n") for cell in shown]
    assert "&lt;script&gt; &amp; \ufffd\ufffd[31m \ufffd \ufffdgnp.exe" in shown


def test_text_cells_follow_the_direction_of_their_script(tree):
    cells = [attributes for tag, attributes in tree.attributes if tag == "td"]
    assert {tuple(sorted(cell.items())) for cell in cells} == {
        (("class", "number"),),
        (("class", "text"), ("dir", "auto")),
    }


def test_numbers_in_the_tables(tree):
    for row in (
        ["examples", "40"],
        ["mistakes", "9"],
        ["mistakes per example", "22.5%"],
        ["mean score of the languages", "68.3%"],
        ["ar", "50.0%", "1"],
        ["he", "75.0%", "1"],
        ["en", "80.0%", "7"],
        ["animal", "plant", "8", "28.6%"],
        ["plant", "animal", "1", "8.3%"],
    ):
        assert row in tree.rows
    languages = [row[0] for row in tree.rows if len(row) == 3 and row[1].endswith("%")]
    assert languages == ["ar", "he", "en"]
    lengths = [row for row in tree.rows if len(row) == 4 and row[3].endswith("%") and row[0][0].isdigit()]
    assert sum(int(row[1]) for row in lengths) == 9 and sum(int(row[2]) for row in lengths) == 40
    for row in lengths:
        assert float(row[3][:-1]) == pytest.approx(100 * int(row[1]) / int(row[2]), abs=0.05)


def test_worst_come_first(tree):
    worst = [row for row in tree.rows if len(row) == 5][1:]
    assert [row[4] for row in worst] == sorted((row[4] for row in worst), key=float, reverse=True)
    assert worst[0] == ["en", "the cat", "animal", "plant", "0.9"]


def test_markdown_has_one_line_a_row_and_no_markup(folder):
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# Error analysis: topics &lt;b&gt;\n")
    rows = [line for line in text.splitlines() if line.startswith("| en ")]
    assert len(rows) == 1 + 7
    for row in rows[1:]:
        assert row.replace("\\|", "").count("|") == 6
        assert "<" not in row
    assert "www\\.example.com" in text and "http\\://example.com/x.png" in text
    assert "\\[link\\]\\(javascript" in text and "\\*\\*bold\\*\\*" in text and "\\`code\\`" in text
    assert [line for line in text.splitlines() if line.startswith("#")][1:] == [
        "## Summary",
        "## By language, worst first",
        "## What was taken for what",
        "## By length",
        "## The 9 worst mistakes",
    ]
    assert "![By length](lengths.png)" in text


def test_nothing_was_wrong(tmp_path):
    place = tmp_path / "empty"
    assert write_error_analysis("t", 0, [], {}, {}, place) == place
    tree = Tree((place / "report.html").read_text(encoding="utf-8"))
    assert ["examples", "0"] in tree.rows and ["mistakes", "0"] in tree.rows
    assert {file.name for file in place.iterdir()} == {"report.html", "report.md"}
    write_error_analysis("t", 3, [], {("a", "a"): 3}, {"en": 1.0}, tmp_path / "perfect", lengths=[1, 1, 2])
    assert (tmp_path / "perfect" / "confusion.png").exists()
    assert "No classes were confused" in (tmp_path / "perfect" / "report.html").read_text(encoding="utf-8")


def test_many_classes_in_any_script(tmp_path):
    names = [f"класс {number}" for number in range(40)] + ["$\\bad{$", "O"]
    confusion = {(name, name): 5 for name in names}
    confusion |= {("O", "$\\bad{$"): 4, ("класс 7", "O"): 2}
    mistakes = [Mistake("x", "O", "$\\bad{$", 1.0)] * 4
    write_error_analysis("t", 216, mistakes, confusion, {"pt_BR": 0.5, "язык": 0.6}, tmp_path / "report")
    tree = Tree((tmp_path / "report" / "report.html").read_text(encoding="utf-8"))
    assert ["O", "$\\bad{$", "4", "44.4%"] in tree.rows
    # The legend: "pt_BR" and "O" stand for themselves, the language and thirty classes but one have codes.
    legend = [row for row in tree.rows if len(row) == 2 and row[0].startswith("#")]
    assert legend[0] == ["#1", "язык"] and legend[1] == ["#1", "$\\bad{$"]
    assert len(legend) == 1 + 29 and {"O", "pt_BR"}.isdisjoint(name for _, name in legend)
    assert ["unknown", "", "4"] in tree.rows
    assert (tmp_path / "report" / "confusion.png").stat().st_size > 1000


def test_only_the_worst_are_shown_and_long_texts_end(tmp_path):
    mistakes = [Mistake("x" * 5000, "a", "b", number, "en", number) for number in range(80)]
    write_error_analysis("t", 100, mistakes, {}, {}, tmp_path / "report")
    tree = Tree((tmp_path / "report" / "report.html").read_text(encoding="utf-8"))
    worst = [row for row in tree.rows if len(row) == 5][1:]
    assert len(worst) == 50 and worst[0][4] == "79.0" and worst[-1][4] == "30.0"
    assert worst[0][1] == "x" * 999 + "…"
    counts = [int(row[1]) for row in tree.rows if len(row) == 2 and row[0][0].isdigit()]
    assert sum(counts) == 80 and len(counts) == 8


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(InputError, match="exists already"):
        write_error_analysis("t", 1, [], {}, {}, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
