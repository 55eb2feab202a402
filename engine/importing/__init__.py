"""Files of messages from elsewhere (导入): reading them as they come; no database here."""
