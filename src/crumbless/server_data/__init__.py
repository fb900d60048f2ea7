"""The registry of everything that is stored on the server (server_data.toml), and its views."""
