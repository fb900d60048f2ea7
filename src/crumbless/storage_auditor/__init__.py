"""`crumbless audit`: drives a real browser over a website and compares what it keeps with what is declared."""
