"""The portal: web pages for people, rendered on the server, and what they need of window-scheduler and the journal."""
