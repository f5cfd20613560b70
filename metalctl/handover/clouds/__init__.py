"""One file a target. Its docstring is its manual; a file whose name begins with an underscore is no target."""
