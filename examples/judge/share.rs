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

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn intervals_are_those_of_wilson() {
        for (hits, of, low, high) in
            [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.0, 16.11), (1, 29, 0.61, 17.18)]
        {
            let (from, to) = Share { hits, of }.interval();
            assert!(
                (from - low).abs() < 0.006 && (to - high).abs() < 0.006,
                "{hits} of {of}: {from} to {to}"
            );
        }
        assert_eq!(Share::default().to_string(), "-");
    }
}
