"""What the playground answers a request with, free of any HTTP library."""

import dataclasses
import json

# Nothing but what lies beside the page, nothing inline, in nobody's frame: a text can then never become a program.
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Another version of the package has other files under the same names.
    "Cache-Control": "no-cache",
}


@dataclasses.dataclass(frozen=True)
class Reply:
    """One answer.

    Args:
        status: of HTTP.
        body: bytes.
        content_type: of the body.
        more_headers: besides those that every answer has.
    """

    status: int
    body: bytes
    content_type: str
    more_headers: dict = dataclasses.field(default_factory=dict)

    @property
    def headers(self):
        """All headers but those of length and time."""
        return {"Content-Type": self.content_type, **_SECURITY, **self.more_headers}


def json_reply(status, content, **headers):
    """Returns a Reply with a JSON document.

    Args:
        status: of HTTP.
        content: what JSON can hold.
        **headers: more of them, with underscores for hyphens.
    """
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, "application/json", more)
