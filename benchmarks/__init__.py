"""Benchmarks: each runs the service as it is installed beside the smallest program that does the same durable work."""
