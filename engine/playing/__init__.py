"""Players (演示): people who do what an office does, through the real commands."""
