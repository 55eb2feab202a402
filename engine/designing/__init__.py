"""What the studio works with: drafts looked at, mended and tried before they are in use."""
