"""`rembert deploy`: a folder that puts a model into production."""

import shlex

import click

from rembert_tf.cli.console import say

EPILOG = """\b
Example:
  rembert deploy production --model-name topic --image registry.example.com/topic:1
  rembert export runs/topic/best production/models/topic
  docker build -t registry.example.com/topic:1 production
  docker push registry.example.com/topic:1
  kubectl apply -k production
"""


@click.command("deploy", epilog=EPILOG)
@click.argument("folder", type=click.Path())
@click.option("--model-name", default="my-model", show_default=True, help="The model's name in URLs and in Kubernetes.")
@click.option("--image", help="Name and tag of the image to build and run.  [default: rembert-NAME:1]")
def command(folder, model_name, image):
    """Write FOLDER, with what runs TensorFlow Serving elsewhere.

    It holds a Dockerfile, a file for Docker Compose, objects of Kubernetes and KServe, the server's configuration,
    Prometheus' rules and a dashboard. Export the model into its folder models/NAME.
    """
    from rembert_tf.serving.deploy import write_deployment

    models = write_deployment(folder, model_name, image)
    say(f"now export the model: rembert export MODEL {shlex.quote(str(models))}")
    click.echo(folder)
