"""`crumbless audit`: opens a website in a real browser and compares the stored items with the declared ones."""
