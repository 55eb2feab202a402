"""Benchmarks: what `huiyin bench` measures and prints."""
