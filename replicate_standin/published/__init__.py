"""The models whose predictors are published: what they take, and what they make of a picture, one file for each."""

from .codeformer import CODEFORMER
from .gfpgan import GFPGAN
from .real_esrgan import REAL_ESRGAN

PUBLISHED = (REAL_ESRGAN, GFPGAN, CODEFORMER)
