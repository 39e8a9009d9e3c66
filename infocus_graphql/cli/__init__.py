"""The commands of `infocus`. Heavy modules are imported inside them, so that help comes at once."""
