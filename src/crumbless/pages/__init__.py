"""The pages of the chat, the desk and the storage policy."""
