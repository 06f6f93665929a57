"""One answer of each shape."""

import base64


def handler(event, _context):
    kind = event["pathParameters"]["kind"]
    if kind == "binary":
        return {
            "statusCode": 201,
            "headers": {"content-type": "image/png"},
            "cookies": ["a=1; HttpOnly", "b=2"],
            "body": base64.b64encode(bytes(range(256))).decode(),
            "isBase64Encoded": True,
        }
    if kind == "large":
        return {"statusCode": 200, "body": "x" * 6_300_000}
    return {"plain": kind}
