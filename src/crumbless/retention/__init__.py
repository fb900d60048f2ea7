"""How long data is stored: retention rules, their nightly run, deletion with a receipt, and requests of people."""
