"""Cache-Control of what is stored in R2. Clients reach it only through presigned URLs."""

ORIGINAL_CACHE = "public, max-age=900, immutable"
RESULT_CACHE = "private, max-age=31536000, immutable"
