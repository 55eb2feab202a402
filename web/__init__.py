"""Pages, the API and the command line: what people and machines see of the engine."""
