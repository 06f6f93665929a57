import base64

import pytest

from enhancer.adapters.signing import Signer, SigningKey


@pytest.mark.parametrize("text", ["id:Y2 Q=", "id:Y2Q", "a:b:Y2Q=", "id:", "id", "", ":Y2Q="])
def test_a_key_is_an_id_and_base64(text):
    with pytest.raises(ValueError, match=r"base64|padding|key id"):
        SigningKey.parse(text)


def test_a_value_may_hold_dots():
    signer = Signer(lambda: [f"id:{base64.b64encode(b'secret').decode()}"])
    sealed = signer.sign("purpose", "a.b.c")
    assert signer.unsign("purpose", sealed) == "a.b.c"
    assert signer.unsign("other", sealed) is None


def test_a_signature_is_hmac_sha256_of_purpose_and_value():
    """printf 'purpose\\nvalue' | openssl dgst -sha256 -hmac secret -binary | base64, in the alphabet for URLs."""
    assert SigningKey("id", b"secret").signature("purpose", "value") == "_gMd2uW36nKX5Q0dWn-d3t0gKWN8v_BBv3njvmehH5k"
