//! A share with its uncertainty.

use std::fmt;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    pub hits: u32,
    pub of: u32,
}

impl Share {
    pub fn add(&mut self, hit: bool) {
        self.hits += u32::from(hit);
        self.of += 1;
    }

    /// Wilson's interval at 95 %, in percent: it holds for few cases and for shares near 0 and 100, too.
    pub fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.959_964;
        let n = f64::from(self.of);
        let share = f64::from(self.hits) / n;
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + Z * Z / n);
        ((middle - half).max(0.0) * scale, ((middle + half) * scale).min(100.0))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return f.pad("-");
        }
        let (low, high) = self.interval();
        let percent = 100.0 * f64::from(self.hits) / f64::from(self.of);
        f.pad(&format!("{percent:.1} % ({low:.1} to {high:.1}) of {}", self.of))
    }
}
