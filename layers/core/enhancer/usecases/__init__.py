"""What the product does: one verb a file, one public function each."""
