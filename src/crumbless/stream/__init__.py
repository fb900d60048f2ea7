"""The three transports and the stream protocol."""
