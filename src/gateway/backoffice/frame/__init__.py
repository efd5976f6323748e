"""What all pages share: the person at the desk, texts, forms, lists, confirmations, charts, uploads."""
