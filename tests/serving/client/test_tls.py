"""TLS: certificates to trust, and those that nobody vouches for."""

import asyncio
import datetime
import ipaddress
import ssl

import pytest

from rembert_tf.serving import Client
from rembert_tf.serving.client import UnreachableServerError
from tests.serving.client.conftest import ask_async
from tests.serving.scripted_server import scripted_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a self-signed certificate for 127.0.0.1 and of its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(1))
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    folder = tmp_path_factory.mktemp("tls")
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


class TestTls:
    @pytest.fixture
    def secure(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with scripted_server(context) as script:
            yield script

    def test_https(self, secure, certificate):
        with Client(secure.url, ca_file=certificate[0]) as client:
            assert client.ask(["a"])[0]["text"] == "a"
        options = {"ca_file": certificate[0]}
        assert asyncio.run(ask_async(secure.url, ["a"], options)) == ["a"]

    def test_a_certificate_that_nobody_vouches_for(self, secure):
        with Client(secure.url) as client, pytest.raises(UnreachableServerError, match="self-signed certificate"):
            client.status()
        with pytest.raises(UnreachableServerError, match="self-signed certificate"):
            asyncio.run(ask_async(secure.url, ["a"], {}))
        assert secure.asked == []

    def test_grpcs_at_a_rest_port(self, secure, certificate):
        pytest.importorskip("grpc")
        url = secure.url.replace("https://", "grpcs://")
        with Client(url, ca_file=certificate[0]) as client, pytest.raises(UnreachableServerError) as wrong:
            client.status()
        assert str(wrong.value).startswith(f"{url} answers like a REST port: write {secure.url}, or")

    def test_grpcs(self, certificate):
        grpc = pytest.importorskip("grpc")
        from concurrent.futures import ThreadPoolExecutor

        from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

        seen = []

        class Models(model_service_pb2_grpc.ModelServiceServicer):
            def GetModelStatus(self, request, context):
                seen.append((dict(context.invocation_metadata()), request.model_spec.version_label))
                return get_model_status_pb2.GetModelStatusResponse()

        server = grpc.server(ThreadPoolExecutor(1))
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(Models(), server)
        chain, key = (path.read_bytes() for path in certificate)
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
        server.start()
        url = f"grpcs://127.0.0.1:{port}"
        options = {"ca_file": certificate[0], "headers": {"Authorization": "Bearer abc"}, "label": "canary"}
        with Client(url, **options) as client:
            assert client.status() == []
        server.stop(None).wait()
        ((metadata, label),) = seen
        assert (metadata["authorization"], label) == ("Bearer abc", "canary")
