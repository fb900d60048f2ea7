"""`crumbless check`: whether what stands between browsers and a Crumbless server lets everything through."""
