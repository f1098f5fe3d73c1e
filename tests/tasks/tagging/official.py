"""A second opinion on the official files, sharing nothing with the library."""


def read_tag_lines(path):
    """Lines as tags, blank lines between sentences: what XTREME's evaluate.py takes a submission for."""
    sentences, sentence = [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.strip():
                sentence.append(line.strip())
            else:
                sentences.append(sentence)
                sentence = []
    return sentences + [sentence] if sentence else sentences


def read_columns(path):
    """[(token, tag), ...] of each sentence of a `token<TAB>tag` file."""
    with open(path, encoding="utf-8", newline="\n") as file:
        blocks = file.read().strip("\n").split("\n\n")
    return [[tuple(line.split("\t")) for line in block.split("\n")] for block in blocks]
