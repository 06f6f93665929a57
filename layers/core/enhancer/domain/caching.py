"""Cache-Control headers of objects in R2, which clients reach only by presigned URLs."""

ORIGINAL_CACHE = "public, max-age=900, immutable"
RESULT_CACHE = "private, max-age=31536000, immutable"
