"""Bad input by the thousand: what is drawn, and what the program makes of it."""
