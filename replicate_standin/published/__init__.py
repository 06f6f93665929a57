"""The models whose predictors are published, one file each: their inputs, and the size of their results."""

from .codeformer import CODEFORMER
from .gfpgan import GFPGAN
from .real_esrgan import REAL_ESRGAN

PUBLISHED = (REAL_ESRGAN, GFPGAN, CODEFORMER)
