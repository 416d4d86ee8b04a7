//! Who works at the desk, and whose account a case is about, as the host says.

use crate::flow::coded;
use crate::ids::InvalidName;
use std::fmt;
use std::sync::Arc;

/// The host's name for somebody of its staff: one person, one id, whatever roles they have.
///
/// `Debug` leaves it out, since a host may use a name or an e-mail address.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffId(Arc<str>);

impl StaffId {
    /// Wraps a host's id: 1 to 255 bytes without control characters.
    ///
    /// # Errors
    /// [`InvalidName`] for anything else.
    pub fn new(id: &str) -> Result<Self, InvalidName> {
        if id.is_empty() || id.len() > 255 || id.chars().any(char::is_control) {
            return Err(InvalidName::new("staff id", "1 to 255 bytes without control characters"));
        }
        Ok(Self(id.into()))
    }

    /// The id as the host gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaffId(..)")
    }
}

/// How far somebody's rights at the host reach: a rank, higher for more. Nobody acts on an account whose owner stands above
/// them (CVE-2026-55077); which roles have which rank, the host decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffRole(u16);

impl StaffRole {
    /// A role of this rank.
    #[must_use]
    pub const fn ranked(rank: u16) -> Self {
        Self(rank)
    }

    /// The rank.
    #[must_use]
    pub const fn rank(self) -> u16 {
        self.0
    }
}

/// Somebody of the staff, in the role that they act in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Who.
    pub id: StaffId,
    /// In which role.
    pub role: StaffRole,
}

impl Staff {
    /// This person, in this role.
    #[must_use]
    pub const fn new(id: StaffId, role: StaffRole) -> Self {
        Self { id, role }
    }
}

/// The owner of the account that a case is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Who they are among the staff, in the highest role that they have; `None` for everybody else.
    pub staff: Option<Staff>,
    /// The level at which their identity was proofed when they enrolled: nobody gets in at a lower one.
    pub enrolled_at: Ial,
}

coded! {
    /// How surely a person is who they say: the identity assurance levels of NIST SP 800-63A-4, the lowest first.
    Ial {
        /// IAL1.
        One = "ial1",
        /// IAL2.
        Two = "ial2",
        /// IAL3.
        Three = "ial3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_levels_form_orders() {
        assert!(StaffRole::ranked(2) > StaffRole::ranked(1));
        assert!(Ial::One < Ial::Two && Ial::Two < Ial::Three);
    }

    #[test]
    fn a_staff_id_is_a_plain_name_and_is_printed_nowhere() {
        assert!(StaffId::new("").is_err() && StaffId::new("a\nb").is_err());
        assert!(StaffId::new(&"a".repeat(256)).is_err());
        assert_eq!(format!("{:?}", StaffId::new("ida").unwrap()), "StaffId(..)");
    }
}
