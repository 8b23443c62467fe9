"""Who may do what: accounts, passwords, signing in, sessions and the tokens of forms."""
