//! Identity: identifiers, claims and how they find exactly one account.
