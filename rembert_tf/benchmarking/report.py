"""A benchmark as Markdown and as JSON."""

import dataclasses
import json

from rembert_tf.benchmarking.plan import SORTED

MEGABYTE = 1e6


def markdown(outcome):
    """Returns the whole report of an Outcome as Markdown."""
    parts = [machine_lines(outcome)]
    if outcome.verdicts:
        parts.append(target_table(outcome.verdicts))
    parts.append(measurement_table(outcome.measured))
    agreement = label_agreement(outcome.measured)
    if agreement:
        parts.append(
            "Same labels as ours: " + "; ".join(f"{name} {share:.1%}" for name, share in agreement.items()) + "."
        )
    if outcome.failed:
        parts.append("\n".join(f"- not measured: {name}: {reason}" for name, reason in outcome.failed.items()))
    return "\n\n".join(parts) + "\n"


def machine_lines(outcome):
    """Returns the machine, its load and the sizes as lines of text."""
    machine, settings = outcome.machine, outcome.settings
    versions = {**machine["versions"], **{f"peer {k}": v for k, v in machine.get("peer_versions", {}).items()}}
    others = "unknown" if machine["others"] is None else f"{machine['others']} cores"
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {settings.threads} threads, {machine['memory_gb']} GB; "
        f"{' '.join(machine['flags']) or 'no vector flags known'}",
        f"{machine['system']}, Python {machine['python']}, " + ", ".join(f"{k} {v}" for k, v in versions.items()),
        f"load average {machine['load_before']} before, {machine['load_after']} after; others kept busy: {others}",
        f"{settings.layers} layers of {settings.size} width; "
        + ", ".join(f"{len(lines)} texts {name}" for name, lines in outcome.texts.items()),
    ]
    if not machine["quiet"]:
        lines.append("**The machine was not quiet: do not quote these figures.**")
    return "  \n".join(lines)


def target_table(verdicts):
    """Returns the table of targets."""
    rows = ["| what | beside | target | measured | |", "|---|---|---|---|---|"]
    for verdict in verdicts:
        sign = "<=" if verdict.at_most else ">="
        parts = ", ".join(f"{case} {ratio:.2f}" for case, ratio in verdict.parts.items())
        measured = f"{verdict.ratio:.2f}" + (f" ({parts})" if len(verdict.parts) > 1 else "")
        outcome = "met" if verdict.met else "**missed**"
        rows.append(f"| {verdict.what} | {verdict.against} | {sign} {verdict.target} | {measured} | {outcome} |")
    return "\n".join(rows)


def measurement_table(measured):
    """Returns the table of everything that was measured."""
    rows = [
        "| part | case | candidate | median ms | least ms | CPU ms | x | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    first = {}
    for m in sorted(measured, key=lambda m: (m.part, m.variant)):  # stable: candidates keep their order
        base = first.setdefault((m.part, m.variant, m.case.removesuffix(SORTED)), m.median)
        peak = "-" if m.peak_bytes is None else f"{m.peak_bytes / MEGABYTE:,.0f}"
        times = " | ".join(f"{1000 * seconds:,.2f}" for seconds in (m.median, m.least, m.cpu))
        part = f"{m.part} {m.variant}".strip()
        rows.append(f"| {part} | {m.case} | {m.candidate} | {times} | {m.median / base:.2f} | {peak} |")
    return (
        "\n".join(rows)
        + "\n\nx: times as long as the case's first row took, medians. Peak: of the candidate's process."
    )


def label_agreement(measured):
    """Returns {candidate and case: share of equal labels} of the candidates that turn texts into labels."""
    labels = {(m.candidate, m.case): m.result for m in measured if isinstance(m.result, list)}
    ours = {}
    for (_, case), found in labels.items():
        ours.setdefault(case, found)  # the first candidate is ours
    shares = {}
    for (name, case), found in labels.items():
        reference = ours[case.removesuffix(SORTED)]
        if found is not reference:
            shares[f"{name}, {case}"] = sum(map(str.__eq__, reference, found)) / len(reference)
    return shares


def as_json(outcome):
    """Returns an Outcome as JSON text."""
    content = dataclasses.asdict(outcome)
    content["texts"] = {name: len(lines) for name, lines in outcome.texts.items()}
    content["label_agreement"] = label_agreement(outcome.measured)
    content["verdicts"] = [{**dataclasses.asdict(verdict), "met": verdict.met} for verdict in outcome.verdicts]
    for row in content["measured"]:
        if isinstance(row["result"], list):
            del row["result"]  # labels, which the agreement sums up
    return json.dumps(content, indent=1) + "\n"
