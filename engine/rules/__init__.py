"""Rules over many cases: what they say, what they count, in which windows they come true."""
