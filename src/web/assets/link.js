// The token is in the form now: keep it out of the address bar, the history and screenshots.
history.replaceState(null, "", location.pathname);
