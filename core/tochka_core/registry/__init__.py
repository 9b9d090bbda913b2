"""Which modules are installed, in what state, and which tenant has enabled them."""
