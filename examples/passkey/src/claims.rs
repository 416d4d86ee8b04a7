//! What the example claims, and whether it held.

use std::cell::Cell;
use std::process::ExitCode;

/// Prints each claim and counts those that do not hold.
#[derive(Default)]
pub struct Claims {
    made: Cell<u32>,
    broken: Cell<u32>,
}

impl Claims {
    /// Says what is played next.
    pub fn scene(&self, what: &str) {
        println!("\n{what}.");
    }

    /// Makes a claim.
    pub fn claim(&self, holds: bool, what: &str) {
        self.made.set(self.made.get() + 1);
        self.broken.set(self.broken.get() + u32::from(!holds));
        println!("  {}  {what}", if holds { "holds " } else { "BROKEN" });
    }

    /// Prints the count; a failure if one claim did not hold.
    pub fn end(&self) -> ExitCode {
        println!("\n{} claims, {} broken.", self.made.get(), self.broken.get());
        if self.broken.get() == 0 && self.made.get() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
