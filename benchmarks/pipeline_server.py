"""transformers' text-classification pipeline behind an aiohttp server, the way its documentation builds one.

    python pipeline_server.py DIRECTORY --max-length 128 [--batching 32]

For `serving.py`, which starts it in an environment of its own: torch, transformers and aiohttp are needed, and
nothing of this project. One queue, one task that empties it: a request at a time, or with `--batching` everything
that waits, up to so many texts. POST {"instances": [text, ...]} to any path is answered {"predictions": [...]} with
the fields `label` and `score`. The first line of standard output is {"rest_port": ...}.
"""

import argparse
import asyncio
import json

from aiohttp import web


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--batching", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(serve(load(arguments.directory, arguments.max_length), arguments.batching))


def load(directory, max_length):
    """Returns a function from texts to answers."""
    import transformers

    transformers.logging.set_verbosity_error()
    model = transformers.RemBertForSequenceClassification.from_pretrained(directory).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    classify = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

    def answer(texts):
        return classify(texts, batch_size=len(texts), truncation=True, max_length=max_length)

    answer(["warm up", "warm up with a longer text"])
    return answer


async def serve(answer, limit):
    queue = asyncio.Queue()

    async def handle(request):
        done = asyncio.get_running_loop().create_future()
        await queue.put(((await request.json())["instances"], done))
        return web.json_response({"predictions": await done})

    application = web.Application()
    application.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(json.dumps({"rest_port": runner.addresses[0][1]}), flush=True)
    while True:
        waiting = [await queue.get()]
        while not queue.empty() and sum(len(texts) for texts, _ in waiting) < limit:
            waiting.append(queue.get_nowait())
        texts = [text for texts, _ in waiting for text in texts]
        answers = iter(await asyncio.to_thread(answer, texts))
        for texts, done in waiting:
            if not done.done():  # the client may be gone
                done.set_result([next(answers) for _ in texts])


if __name__ == "__main__":
    main()
