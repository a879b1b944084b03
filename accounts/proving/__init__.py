"""Whether the product obeys its own rules: an oracle of them, and a crawl that compares."""
