"""People, call windows and the one call a day. README.md names the modules in the order to read them."""
