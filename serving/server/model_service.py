"""TensorFlow Serving's ModelService over gRPC: what is loaded, and what should be."""

from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

from rembert_tf.errors import InputError
from rembert_tf.serving.server.grpc_calls import reported, repository_spec, require_model_spec
from rembert_tf.serving.server.model_config_file import model_configs
from rembert_tf.serving.server.model_messages import status_response
from rembert_tf.serving.server.status import invalid_argument


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest over a repository.

    Args:
        repository: a `ModelRepository`.
        reload: function from a list of `ModelConfig` to nothing, which serves those from now on.
        traffic: a `Traffic`.
    """

    def __init__(self, repository, reload, traffic):
        self.traffic = traffic
        self._repository = repository
        self._reload = reload

    @reported
    def GetModelStatus(self, request, context, record):
        require_model_spec(request)
        record.model = request.model_spec.name
        spec = repository_spec(request.model_spec)
        return status_response(self._repository.version_states(spec.name, spec.version))

    @reported
    def HandleReloadConfigRequest(self, request, context, record):
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid_argument(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        try:
            configs = model_configs(request.config)
        except InputError as error:
            raise invalid_argument(str(error)) from error
        self._reload(configs)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()  # OK
        return response
