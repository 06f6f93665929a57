"""The product's rules, in the standard library alone: pure functions of rows, settings and a clock."""
