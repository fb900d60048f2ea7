"""The stream's frames, the timeline's types and problem documents."""
