"""`rembert warm-start`: a model directory of another depth, width or vocabulary, filled from a trained one."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


@click.command("warm-start", epilog=example("rembert warm-start runs/small/best larger --config larger.json"))
@click.argument("source", metavar="SRC")
@click.argument("output", metavar="OUT")
@click.option("--config", metavar="FILE", help="config.json with the wanted sizes. [default: those of SRC]")
@click.option("--layers", type=int, metavar="N", help="Blocks of the result. [default: as --config says]")
@click.option("--sentencepiece", metavar="FILE", help="Another vocabulary. [default: that of SRC]")
@click.option("--lm-head", is_flag=True, help="Give a bare encoder an output table, made of its input table.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of how weights are split among copies.")
@click.option("--max-shard-size", metavar="SIZE", help="The largest file of weights, such as 2GB.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(source, output, config, layers, sentencepiece, lm_head, seed, max_shard_size, as_json):
    """Make a larger model in OUT, or one with another vocabulary, whose weights come from the model in SRC.

    Wider layers repeat what is there and split what reads it; more blocks repeat the stack; pieces are matched by
    their spelling. Where the result computes what the source does, that is proven; it is printed what does not. The
    result is then trained, with rembert pretrain or rembert finetune.
    """
    if not (config or layers is not None or sentencepiece or lm_head):
        raise click.UsageError("nothing is to change: give --config, --layers, --sentencepiece or --lm-head.")
    from rembert_tf.checkpoints_tools.surgery.warm_start import warm_start
    from rembert_tf.config import RemBertConfig

    wanted = RemBertConfig.from_pretrained(config) if config else None
    with progress("growing") as report:
        done = warm_start(
            model_path(source),
            output,
            wanted,
            layers,
            sentencepiece,
            report,
            lm_head=lm_head,
            seed=seed,
            max_shard_size=max_shard_size,
        )
    click.echo(json.dumps(done.to_dict(), ensure_ascii=False) if as_json else "\n".join(done.lines()))
