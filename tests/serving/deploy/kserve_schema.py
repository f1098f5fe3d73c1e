"""What the objects of kserve/ may hold: fields and types of KServe 0.21's `ServingRuntime` and `InferenceService`.

Written down from its published models, as far as the files go: any other field is refused. A container is Kubernetes'
own, and is held to that schema as part of the pod that `kserve_pod` makes.
"""

TEXT, BOOL, NUMBER = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
LABELS = {"type": "object", "additionalProperties": TEXT}
ANY = {"type": "object"}


def _object(required=(), **fields):
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


METADATA = _object(["name"], name=TEXT, annotations=LABELS, labels=LABELS, namespace=TEXT)
MODEL_FORMAT = _object(["name"], name=TEXT, version=TEXT, autoSelect=BOOL, priority=NUMBER)
RUNTIME = _object(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "serving.kserve.io/v1alpha1"},
    kind={"enum": ["ServingRuntime", "ClusterServingRuntime"]},
    metadata=METADATA,
    spec=_object(
        ["containers", "supportedModelFormats"],
        annotations=LABELS,
        labels=LABELS,
        supportedModelFormats={"type": "array", "items": MODEL_FORMAT, "minItems": 1},
        protocolVersions={"type": "array", "items": {"enum": ["v1", "v2", "grpc-v1", "grpc-v2"]}},
        containers={"type": "array", "items": ANY, "minItems": 1},
        volumes={"type": "array", "items": ANY},
    ),
)
SERVICE = _object(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "serving.kserve.io/v1beta1"},
    kind={"const": "InferenceService"},
    metadata=METADATA,
    spec=_object(
        ["predictor"],
        predictor=_object(
            ["model"],
            minReplicas=NUMBER,
            maxReplicas=NUMBER,
            scaleMetric={"enum": ["cpu", "memory", "concurrency", "rps"]},
            scaleTarget=NUMBER,
            timeout=NUMBER,
            model=_object(
                ["modelFormat", "storageUri"],
                modelFormat=_object(["name"], name=TEXT, version=TEXT),
                runtime=TEXT,
                runtimeVersion=TEXT,
                protocolVersion=TEXT,
                storageUri={"type": "string", "pattern": "^(gs|s3|https?|pvc|hdfs|oci)://."},
                resources=ANY,
            ),
        ),
    ),
)


def kserve_pod(runtime, model):
    """The pod that a runtime becomes, its placeholders filled in, for Kubernetes' schema."""
    spec = {"containers": runtime["spec"]["containers"], "volumes": runtime["spec"]["volumes"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": model}, "spec": spec}
    return _filled_in(pod, model)


def _filled_in(value, model):
    if isinstance(value, dict):
        return {key: _filled_in(item, model) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, model) for item in value]
    return value.replace("{{.Name}}", model) if isinstance(value, str) else value
