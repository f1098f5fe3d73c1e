"""Clients of a server that says what a test tells it to."""

import asyncio

import pytest

from rembert_tf.serving import AsyncClient, Client
from rembert_tf.serving.client import RetryPolicy
from tests.serving.scripted_server import scripted_server

AT_ONCE = RetryPolicy(retries=3, first_pause=0.0)


@pytest.fixture
def script():
    with scripted_server() as script:
        yield script


@pytest.fixture(params=["waiting", "async"])
def ask_echo(request, script):
    """Asks the scripted server with either client and returns the texts that come back."""

    def ask(texts, **options):
        options = {"retries": AT_ONCE, **options}
        if request.param == "waiting":
            with Client(script.url, **options) as client:
                return [row["text"] for row in client.ask(texts)]
        return asyncio.run(ask_async(script.url, texts, options))

    return ask


async def ask_async(url, texts, options):
    async with AsyncClient(url, **options) as client:
        return [row["text"] for row in await client.ask(texts)]
