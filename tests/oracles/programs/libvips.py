"""Whether libvips shows files, of which every fault counts.

A path a line on standard input, `true` or `false` a line. Nothing is kept: the next file may be at the same path.
"""

import sys

import pyvips

pyvips.cache_set_max(0)
for line in sys.stdin:
    try:
        pyvips.Image.new_from_file(line.rstrip("\n"), fail_on="error").copy_memory()
        shown = "true"
    except pyvips.Error:
        shown = "false"
    sys.stdout.write(shown + "\n")
    sys.stdout.flush()
