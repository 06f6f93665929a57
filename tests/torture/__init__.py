"""Mutants of small images, and files of others, through the path that an image takes."""
