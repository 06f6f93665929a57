"""Yardsticks: the same answers, written the ways that public code writes them. No function of ours runs them."""
