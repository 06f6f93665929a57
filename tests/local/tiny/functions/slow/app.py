"""Takes as long as it is asked to."""

import time


def handler(event, _context):
    time.sleep(float(event["queryStringParameters"]["seconds"]))
    return {"statusCode": 200, "body": "done"}
