"""How far two implementations are apart: worst differences by case, and what is beyond its limit."""

import contextlib
import traceback

import numpy as np

STATES, LOGITS, SCORES = 2e-5, 1e-4, 1e-4
NEAR_TIE = 1e-4  # scores that close may come out in either order


class Report:
    """Collects comparisons.

    Args:
        line: the peer.
        subject: what is compared with it.
    """

    def __init__(self, line, subject):
        self.line, self.title = line, f"{subject}, {line}"
        self.worst = {}  # label -> (difference, limit)
        self.failures, self.near_ties = [], []

    def compare(self, label, ours, theirs, limit):
        """Notes the worst difference of two arrays."""
        ours, theirs = np.asarray(ours, "float64"), np.asarray(theirs, "float64")
        if ours.shape != theirs.shape:
            self.failures.append(f"{label}: shape {ours.shape}, theirs {theirs.shape}")
            return
        difference = float(np.max(np.abs(ours - theirs), initial=0.0))
        known = self.worst.get(label, (0.0, limit))
        self.worst[label] = max(known, (difference, limit), key=lambda pair: pair[0] / pair[1])
        if not difference <= limit:  # NaN, too
            self.failures.append(f"{label}: {difference:.2e} apart, more than {limit:.0e}")

    @contextlib.contextmanager
    def catching(self, label):
        """Notes an error of ours instead of raising it, so that the other cases are compared all the same."""
        try:
            yield
        except Exception as problem:
            where = traceback.extract_tb(problem.__traceback__)
            lines = [f"{frame.filename}:{frame.lineno}" for frame in where if "rembert_tf" in frame.filename]
            self.failures.append(f"{label}: {type(problem).__name__}: {problem} (at {', '.join(lines)})")

    def loading(self, name, complaints):
        """Notes what the peer said about weights that are missing, unexpected or of another shape."""
        if complaints:
            self.failures.append(f"{name}: the peer complains of {complaints}")

    def outputs(self, case, direction, ours, theirs):
        """Compares everything that a call returned; each name must be there on both sides."""
        theirs = {name.removeprefix("forward/"): value for name, value in theirs.items() if name.startswith("forward/")}
        plain = {name for name in ours if "(" not in name}
        if plain != theirs.keys():
            difference = sorted(plain ^ theirs.keys())
            self.failures.append(f"{case.name} {direction}: only one side returns {difference}")
        for name in ours:
            reference = theirs.get(name.split(" (")[0])
            if reference is not None:
                kind = "logits" if "logits" in name else "loss" if "loss" in name else "states"
                limit = STATES if kind == "states" else LOGITS
                self.compare(f"{case.name} {direction}: {kind}", ours[name], reference, limit)

    def comparable(self, settings):
        """Whether the peer has our rule: 4.57 also penalises the padding of a prompt when it comes up again."""
        return self.line != "transformers-4" or settings.get("repetition_penalty", 1.0) == 1.0

    def generated(self, case, name, sequences, scores, theirs):
        """Compares sequences piece by piece, and beam scores; a near tie is noted and is no failure."""
        label, expected = f"{case.name} {name}", theirs[f"{name}/sequences"]
        if scores is not None:
            scale = np.maximum(1.0, np.abs(theirs[f"{name}/scores"]))  # powers of the length make them large
            self.compare(f"{case.name} beam scores", scores / scale, theirs[f"{name}/scores"] / scale, SCORES)
        if np.array_equal(sequences, expected):
            self.worst.setdefault(f"{case.name} sequences", (0.0, 1.0))
        elif self._is_near_tie(sequences, expected, scores, theirs, name):
            self.near_ties.append(label)
        else:
            self.failures.append(f"{label}: ours\n{sequences}\ntheirs\n{expected}\nscores {scores}")

    def _is_near_tie(self, sequences, expected, scores, theirs, name):
        if scores is not None:  # then the scores, which were compared, say whether both results are as good
            return sequences.shape == expected.shape and np.allclose(scores, theirs[f"{name}/scores"], rtol=NEAR_TIE)
        steps = theirs[f"{name}/step_scores"]
        start = expected.shape[1] - steps.shape[1]
        length = min(expected.shape[1], sequences.shape[1])
        for row in np.flatnonzero((sequences[:, :length] != expected[:, :length]).any(axis=1)):
            first = int(np.argmax(sequences[row, :length] != expected[row, :length]))
            mine, their = (steps[row, first - start, ids[row, first]] for ids in (sequences, expected))
            if abs(mine - their) > NEAR_TIE:
                return False
        return True

    def print(self):
        """Prints the table and what failed."""
        print(f"\n{self.title}: worst differences")
        width = max(map(len, self.worst), default=0)
        for label, (difference, limit) in sorted(self.worst.items()):
            print(f"{label:<{width}}  {difference:.1e}  (limit {limit:.0e})")
        for heading, lines in (("near ties", self.near_ties), ("FAILURES", self.failures)):
            if lines:
                print(f"{heading} ({len(lines)}):", *lines, sep="\n  ")
        verdict = "all within limits" if not self.failures else f"{len(self.failures)} failures"
        print(f"{self.title}: {len(self.worst)} rows, {len(self.near_ties)} near ties, {verdict}")
