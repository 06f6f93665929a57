"""Image Enhancer: the package that every function shares."""

__version__ = "0.2.0"
USER_AGENT = f"image-enhancer/{__version__}"  # Replicate's edge refuses the default agents of HTTP libraries
