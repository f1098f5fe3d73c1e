"""What `rembert finetune`, `evaluate` and `predict` say to mistakes."""

import pytest

from tests.cli.conftest import finetune


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (finetune(start="--model @model --config @config.json"), "give either --model DIR, or both --config FILE and"),
        (finetune(start="--config @config.json"), "give either --model DIR, or both --config FILE and"),
        (f"{finetune()} --seeds 0", "0 is not in the range x>=1"),
        (f"{finetune()} --epochs 0", "epochs must be at least 1, not 0"),
        (f"{finetune()} --freeze head", "freeze must name embeddings, encoder or layers:K, not 'head'"),
        (f"{finetune()} --accumulate-steps 64", "accumulate_steps is 64, more than the batch_size 32"),
        (finetune("tatoeba"), "'tatoeba' is not one of 'xnli'"),
        ("evaluate udpos @model --data @dev-en.csv --layer 3", "--layer is for tatoeba and bucc."),
        ("evaluate udpos @model --data @dev-en.csv --all-layers", "--all-layers is for tatoeba and bucc."),
        ("evaluate csv @model --data @dev-en.csv --scoring cosine", "--scoring is for tatoeba."),
        ("evaluate bucc @model --data @de-en.tsv --scoring cosine", "--scoring is for tatoeba."),
        ("evaluate csv @model --data @dev-en.csv --batch-size 0", "0 is not in the range x>=1"),
        ("predict @model --input @dev-en.csv --top-k 2", "top_k is for mlm alone, and this is csv."),
        ("predict @model --input @dev-en.csv --max-new-tokens 30", "max_new_tokens is for clm alone, and this is csv."),
        ("evaluate tatoeba @model --data @de-en.tsv --columns a", "--columns is no option of the task tatoeba."),
        ("evaluate csv @encoder --data @dev-en.csv", "has no head for RemBertForSequenceClassification"),
        ("evaluate csv @model --data nowhere.csv", "no file 'nowhere.csv'"),
        ("predict @model --input @dev-en.csv --columns a --task xnli", "columns is for csv alone, and this is xnli."),
        ("predict @encoder --input @dev-en.csv", "say --task"),
    ],
)
def test_mistakes_are_one_sentence(rembert, asked, tmp_path, line, message):
    printed = rembert(line, code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert asked == {}
    assert list(tmp_path.iterdir()) == []
