"""Commands that hand some of their options on to Apache Beam's runner."""

from rembert_tf.cli.options import ManyValuesCommand

RUNNER_FLAGS = "rembert_tf.runner_flags"
_RUNNER = "--runner"


class CommandWithRunnerFlags(ManyValuesCommand):
    """A command that leaves what follows `--` to Apache Beam's runner."""

    def parse_args(self, ctx, args):
        ours, theirs = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        ctx.meta[RUNNER_FLAGS] = theirs
        return super().parse_args(ctx, ours)


class CommandWithRunner(CommandWithRunnerFlags):
    """A command that also takes `--runner NAME`, and behind it the runner's flags among its own options."""

    def parse_args(self, ctx, args):
        ours, theirs = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        begin = next((place for place, word in enumerate(ours) if word.split("=")[0] == _RUNNER), len(ours))
        own, runners = self._sorted(ctx, ours[begin:])
        return super().parse_args(ctx, [*ours[:begin], *own, "--", *runners, *theirs])

    def _sorted(self, ctx, words):
        """Returns (the command's own options with their values, the others)."""
        options = {spelling for parameter in self.get_params(ctx) for spelling in parameter.opts}
        own, runners, into = [], [], []
        for word in words:
            if word.startswith("--"):
                into = own if word.split("=")[0] in options - {_RUNNER} else runners
            into.append(word)
        return own, runners
