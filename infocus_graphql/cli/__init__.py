"""The `infocus` command. Slow modules are imported inside the commands, so that `--help` is fast."""
