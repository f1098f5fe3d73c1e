"""What the documentation's site has beside the pages of docs/."""
