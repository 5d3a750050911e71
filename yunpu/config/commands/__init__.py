"""One module a command: `arguments(parser, say)` declares, `run(options, say)` does and gives the exit code."""
