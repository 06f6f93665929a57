"""The gateway over real HTTP: functions, gateway faults, images, on the tiny stack."""

import base64
import gzip
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from local.config import BUCKET
from local.stack import LocalStack


def event_of(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    event: dict[str, Any] = response.json()["event"]
    return event


def r2_client(stack: LocalStack, endpoint: str = "") -> Any:
    """What the functions use: the R2 token, the region of R2, links signed for the gateway."""
    secrets = stack.deployment.secrets
    return boto3.client(
        "s3",
        endpoint_url=endpoint or stack.base_url,
        region_name="auto",
        aws_access_key_id=secrets["r2-access-key-id"],
        aws_secret_access_key=secrets["r2-secret-access-key"],
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4", proxies={}),
    )


def test_a_route_with_a_variable_gets_its_decoded_value(stack: LocalStack, http: requests.Session) -> None:
    event = event_of(http.get(f"{stack.base_url}/api/items/a%20b?x=1&x=%2B2&y="))
    assert event["routeKey"] == "GET /api/items/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["rawPath"] == "/api/items/a b"
    assert event["rawQueryString"] == "x=1&x=%2B2&y="
    assert event["queryStringParameters"] == {"x": "1,+2", "y": ""}


def test_a_method_without_a_route_of_its_own_goes_to_the_default(stack: LocalStack, http: requests.Session) -> None:
    assert event_of(http.delete(f"{stack.base_url}/api/items/1"))["routeKey"] == "$default"


def test_a_packed_body_is_handed_on_packed(stack: LocalStack, http: requests.Session) -> None:
    packed = gzip.compress(b'{"a": 1}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    event = event_of(http.request("PUT", f"{stack.base_url}/api/items/1", data=packed, headers=headers))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == packed
    assert (event["headers"]["content-encoding"], event["headers"]["content-length"]) == ("gzip", str(len(packed)))


def test_options_reaches_the_any_route(stack: LocalStack, http: requests.Session) -> None:
    assert event_of(http.options(f"{stack.base_url}/api/health"))["routeKey"] == "ANY /api/health"


def test_head_has_headers_and_no_body(stack: LocalStack, http: requests.Session) -> None:
    response = http.head(f"{stack.base_url}/api/health")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/json"


def test_a_form_arrives_in_base64(stack: LocalStack, http: requests.Session) -> None:
    event = event_of(http.post(f"{stack.base_url}/api/x", data={"a": "b"}))
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"a=b")


def test_json_arrives_as_text(stack: LocalStack, http: requests.Session) -> None:
    event = event_of(http.post(f"{stack.base_url}/api/x", json={"a": "ü"}))
    assert (event["isBase64Encoded"], json.loads(event["body"])) == (False, {"a": "ü"})


def test_only_the_gateway_says_who_the_viewer_is(stack: LocalStack, http: requests.Session) -> None:
    forged = {"X-Origin-Verify": "forged", "X-Viewer-Address": "8.8.8.8", "X-Forwarded-For": "8.8.8.8"}
    headers = event_of(http.get(f"{stack.base_url}/api/x", headers=forged))["headers"]
    assert headers["x-origin-verify"] == stack.deployment.secrets["origin-secrets"].split()[0]
    assert headers["x-viewer-address"] == "127.0.0.1"
    assert headers["x-forwarded-for"] == "8.8.8.8, 127.0.0.1"


def test_a_binary_answer_and_two_cookies(stack: LocalStack, http: requests.Session) -> None:
    response = http.get(f"{stack.base_url}/api/answers/binary")
    assert (response.status_code, response.content) == (201, bytes(range(256)))
    assert response.headers["content-type"] == "image/png"
    assert response.raw.headers.getlist("set-cookie") == ["a=1; HttpOnly", "b=2"]
    assert response.headers["apigw-requestid"]


def test_an_answer_without_a_status_is_json(stack: LocalStack, http: requests.Session) -> None:
    response = http.get(f"{stack.base_url}/api/answers/some/thing")
    assert (response.status_code, response.json()) == (200, {"plain": "some/thing"})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/broken", "/api/slow?seconds=5", "/api/answers/large"])
def test_a_fault_of_the_function_tells_nothing(stack: LocalStack, http: requests.Session, path: str) -> None:
    response = http.get(f"{stack.base_url}{path}")
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_reserved_concurrency_throttles(stack: LocalStack) -> None:
    with ThreadPoolExecutor(2) as pool:
        calls = pool.map(lambda _: requests.get(f"{stack.base_url}/api/slow?seconds=1", timeout=30), range(2))
        answers = sorted((call.status_code, call.text) for call in calls)
    assert answers == [(200, "done"), (503, '{"message": "Service Unavailable"}')]


@pytest.mark.parametrize("size", [10_485_761, 11_000_000, 5_000_000])
def test_a_body_over_10_mb_or_an_event_over_6_mb_is_refused(
    stack: LocalStack, http: requests.Session, size: int
) -> None:
    response = http.post(f"{stack.base_url}/api/x", data=b"\0" * size)
    assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})


def test_a_chunked_body_over_10_mb_is_refused(stack: LocalStack, http: requests.Session) -> None:
    response = http.post(f"{stack.base_url}/api/x", data=(b"\0" * 1_000_000 for _ in range(11)))
    assert response.status_code == 413


def test_headers_over_10240_bytes_are_refused(stack: LocalStack, http: requests.Session) -> None:
    assert http.get(f"{stack.base_url}/api/x", headers={"x-long": "a" * 9_800}).status_code == 200
    response = http.get(f"{stack.base_url}/api/x", headers={"x-long": "a" * 10_240})
    assert (response.status_code, response.json()) == (431, {"message": "Request Header Fields Too Large"})


def test_bytes_that_are_no_text_do_not_break_it(stack: LocalStack) -> None:
    with socket.create_connection(("127.0.0.1", stack.config.port), timeout=10) as wire:
        wire.sendall(b"GET /api/x%ff?%fe HTTP/1.1\r\nHost: a\r\nX-Odd: \xff\r\nConnection: close\r\n\r\n")
        answered = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert answered.startswith(b"HTTP/1.1 200 ")


def test_a_handler_sees_its_own_environment_only(stack: LocalStack, http: requests.Session) -> None:
    seen = http.get(f"{stack.base_url}/api/x").json()
    assert seen["environment"]["PUBLIC_BASE_URL"] == stack.base_url
    assert not {"AUTH", "STATE_DIR", "GATEWAY_PORT", "WORKER_PYTHON", "VIRTUAL_ENV"} & set(seen["environment"])
    assert not [entry for entry in seen["path"] if "site-packages" in entry]


def test_a_message_reaches_its_function_and_its_log(stack: LocalStack) -> None:
    stack.client("sqs").send_message(QueueUrl=stack.deployment.outputs["QueueUrl"], MessageBody="hello")
    deadline = time.monotonic() + 10
    while "got hello" not in stack.logs("worker"):
        assert time.monotonic() < deadline, stack.logs("worker")
        time.sleep(0.1)


def test_a_signed_upload_and_download_go_through(stack: LocalStack, http: requests.Session) -> None:
    key, content = "some folder/ü+1.png", b"\x89PNG" * 300_000
    signed = {"Bucket": BUCKET, "Key": key, "ContentType": "image/png", "ContentLength": len(content)}
    r2 = r2_client(stack)
    put = r2.generate_presigned_url("put_object", {**signed, "IfNoneMatch": "*"})
    headers = {"content-type": "image/png", "if-none-match": "*", "Origin": stack.base_url}
    first = http.put(put, data=content, headers=headers)
    assert (first.status_code, first.headers["Access-Control-Expose-Headers"]) == (200, "ETag")
    assert http.put(put, data=content, headers=headers).status_code == 412
    assert http.put(put, data=content[1:], headers=headers).status_code == 403
    link = r2.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key})
    assert http.get(link).content == content
    part = http.get(link, headers={"Range": "bytes=-4"})
    assert (part.status_code, part.content) == (206, content[-4:])
    head = http.head(r2.generate_presigned_url("head_object", {"Bucket": BUCKET, "Key": key}))
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(content)), b"")


def test_an_image_needs_its_signature_and_its_origin(stack: LocalStack, http: requests.Session) -> None:
    assert http.get(f"{stack.base_url}/{BUCKET}/anything").status_code == 403
    asked = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "cache-control,content-type,if-none-match,x-amz-meta-upload",
    }
    mine = http.options(f"{stack.base_url}/{BUCKET}/x", headers={**asked, "Origin": stack.base_url})
    assert (mine.status_code, mine.headers["Access-Control-Allow-Origin"]) == (200, stack.base_url)
    foreign = http.options(f"{stack.base_url}/{BUCKET}/x", headers={**asked, "Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_the_r2_token_reaches_its_bucket_only(stack: LocalStack) -> None:
    stack.client("s3").create_bucket(Bucket="another")
    r2 = r2_client(stack, stack.config.emulator_url)
    assert "Contents" not in r2.list_objects_v2(Bucket=BUCKET, Prefix="none/")
    for call in (r2.list_buckets, lambda: r2.list_objects_v2(Bucket="another")):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_get_parameters_is_checked_parameter_by_parameter(stack: LocalStack) -> None:
    """The emulator itself asks for "*"; the launcher makes it ask for each name, as AWS does."""
    iam, name = stack.client("iam"), "/image-enhancer/owner-key"
    statement = {
        "Effect": "Allow",
        "Action": "ssm:GetParameters",
        "Resource": f"arn:aws:ssm:us-east-1:000000000000:parameter{name}",
    }
    iam.create_user(UserName="reader")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="one", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = boto3.client(
        "ssm",
        endpoint_url=stack.config.emulator_url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    found = reader.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    assert [parameter["Value"] for parameter in found] == [stack.deployment.secrets["owner-key"]]
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_parameters(Names=[name, "/image-enhancer/cookie-keys"])


def test_the_issuer_publishes_the_key_of_its_tokens(stack: LocalStack, http: requests.Session) -> None:
    document = http.get(f"{stack.config.issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == stack.config.issuer
    assert [key["alg"] for key in http.get(document["jwks_uri"]).json()["keys"]] == ["ES256"]


def test_it_listens_on_loopback_only(stack: LocalStack) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others:
        for port in (stack.config.port, stack.config.replicate_port, stack.config.emulator_port):
            with socket.socket() as probe:
                assert probe.connect_ex((address, port)) != 0
