//! For tests of regain, of hosts and of stores that others write.
