//! A mailer that writes RFC 5322 files to a folder.
