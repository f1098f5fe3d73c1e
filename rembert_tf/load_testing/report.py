"""A load test as Markdown and as JSON."""

import dataclasses
import json

from rembert_tf.load_testing.capacity import plan_text
from rembert_tf.load_testing.notes import notes_on
from rembert_tf.tasks.error_report.hostile_texts import markdown_code

_SHOWN = ("p50", "p90", "p95", "p99", "max")
_HEADER = (
    "| texts a request | load | requests/s | texts/s | p50 | p90 | p95 | p99 | max ms | failed | client cores "
    "| server cores | requests/s a core | server MB |"
)


def markdown(outcome, plans=()):
    """Returns the whole report.

    Args:
        outcome: an `Outcome`.
        plans: list of `Plan`.
    """
    parts = [_what(outcome), _table(outcome.points)]
    failures = _failures(outcome.points)
    if failures:
        parts.append(failures)
    notes = [f"- {note}" for note in notes_on(outcome)]
    if notes:
        parts.append("\n".join(notes))
    parts += [plan_text(plan) for plan in plans]
    return "\n\n".join(parts) + "\n"


def as_json(outcome, plans=()):
    """Returns the report as JSON text; arguments as of `markdown`. Headers' values, maybe secrets, are left out."""
    settings = dataclasses.asdict(outcome.settings)
    settings["headers"] = sorted(outcome.settings.headers)
    content = {
        "settings": settings,
        "machine": outcome.machine,
        "model": outcome.kind,
        "texts": outcome.texts,
        "stopped": outcome.stopped,
        "points": [_point(point) for point in outcome.points],
        "notes": notes_on(outcome),
        "plans": [_plan(plan) for plan in plans],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _what(outcome):
    machine, settings = outcome.machine, outcome.settings
    lines = [
        f"{markdown_code(settings.url)}, {markdown_code(settings.model)}: {outcome.kind}; "
        f"{outcome.texts} texts in turn; {settings.seconds:g} s a point after {settings.warmup:g} s to warm up",
        f"client: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}",
    ]
    if outcome.stopped:
        planned = len(settings.points)
        lines.append(f"**Ended early ({outcome.stopped}): {len(outcome.points)} of {planned} points.**")
    return "  \n".join(lines)


def _table(points):
    rows = [_HEADER, "|" + "---|" * (_HEADER.count("|") - 1)]
    for point in points:
        resources = point.resources
        cells = [
            str(point.batch_size),
            f"{point.level}{'' if point.ended == 'whole' else ' (cut short)'}",
            f"{point.requests_per_second:.1f}",
            f"{point.texts_per_second:.1f}",
            *(_number(point.latency[name], 1) for name in _SHOWN),
            str(point.failed),
            _number(point.client_cores, 2),
            _number(point.server_cores, 2),
            _number(point.requests_per_core, 1),
            _number(None if resources.peak_bytes is None else resources.peak_bytes / 1e6, 0),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _failures(points):
    return "\n".join(
        f"- {point}: {count} x {kind} ({markdown_code(point.messages[kind])})"
        for point in points
        for kind, count in sorted(point.errors.items())
    )


def _point(point):
    return {
        "batch_size": point.batch_size,
        "concurrency": point.level.concurrency,
        "rate": point.level.rate,
        "ended": point.ended,
        "seconds": point.seconds,
        "answered": point.answered,
        "failed": point.failed,
        "errors": point.errors,
        "messages": point.messages,
        "requests_per_second": point.requests_per_second,
        "texts_per_second": point.texts_per_second,
        "latency_ms": point.latency,
        "late_ms": point.lateness,
        "client_cores": point.client_cores,
        "server_cores": point.server_cores,
        "requests_per_core": point.requests_per_core,
        "resources": dataclasses.asdict(point.resources),
    }


def _plan(plan):
    return {
        "batch_size": plan.batch_size,
        "target_p99_ms": plan.target.p99,
        "expected_rate": plan.target.rate,
        "utilization": plan.target.utilization,
        "level": None if plan.point is None else str(plan.point.level),
        "rate_of_a_replica": plan.rate_of_a_replica,
        "replicas": plan.replicas,
        "cores": plan.cores,
        "memory_bytes": plan.memory_bytes,
    }


def _number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"
