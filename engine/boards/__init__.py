"""The board (监督): cases in progress and their open clocks, live or kept, and their counts."""
