"""The naive design beside ours on one local stack, and the meter that measures both."""
