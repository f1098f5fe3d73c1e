"""Bodies of REST requests."""


def predict(signature, **body):
    return {"signature_name": signature, **body}
