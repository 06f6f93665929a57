"""Mutants of small pictures, and files of others, through the path that a picture takes."""
