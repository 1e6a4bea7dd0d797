"""The subcommands of ``aldis``, one module each. They read flags, call one room, print, and give the exit code."""
