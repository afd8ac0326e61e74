"""Which bundle was made champion, by whom, why, and what it passed."""
