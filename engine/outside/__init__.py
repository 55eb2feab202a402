"""Out of the office: notices as letters, short messages and signed requests."""
