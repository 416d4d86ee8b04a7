//! Whether a POST comes from one of our own pages.
//!
//! Browsers say so themselves, and scripts of other sites cannot change what they say. What sends neither header
//! is no browser of today, and carries nobody's cookies.

use crate::origin::TrustedOrigin;
use crate::web::Surface;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

/// `Sec-Fetch-Site` decides when it was sent, else `Origin`.
pub(crate) fn is_own_post(headers: &HeaderMap, own: &TrustedOrigin, surface: Surface) -> bool {
    let all = |name| headers.get_all(name).iter().map(|value| value.as_bytes()).collect::<Vec<_>>();
    let site = headers.get_all("sec-fetch-site").iter().collect::<Vec<_>>();
    match (&site[..], &all(ORIGIN)[..]) {
        ([only], _) => *only == "same-origin",
        ([], []) => true,
        // `Referrer-Policy: no-referrer` makes older browsers send this on our own forms. Pages of a session
        // have another policy, so that there it is always somebody else's.
        ([], [b"null"]) => surface == Surface::Recovery,
        ([], [only]) => *only == own.as_str().as_bytes(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own(headers: &[(&'static str, &'static str)], surface: Surface) -> bool {
        let own = TrustedOrigin::parse("https://portal.example.org").unwrap();
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_own_post(&headers.collect(), &own, surface)
    }

    #[test]
    fn what_the_browser_says_of_the_site_decides() {
        for surface in [Surface::Recovery, Surface::Session] {
            assert!(is_own(&[("sec-fetch-site", "same-origin"), ("origin", "null")], surface));
            for site in ["cross-site", "same-site", "none", "", "same-origin, cross-site", "SAME-ORIGIN"] {
                let headers = [("sec-fetch-site", site), ("origin", "https://portal.example.org")];
                assert!(!is_own(&headers, surface), "{site:?}");
            }
        }
    }

    #[test]
    fn without_it_the_origin_decides() {
        for surface in [Surface::Recovery, Surface::Session] {
            assert!(is_own(&[], surface));
            assert!(is_own(&[("origin", "https://portal.example.org")], surface));
            for origin in [
                "https://evil.test",
                "http://portal.example.org",
                "https://portal.example.org:8443",
                "https://portal.example.org.evil.test",
                "",
            ] {
                assert!(!is_own(&[("origin", origin)], surface), "{origin:?}");
            }
        }
        assert!(is_own(&[("origin", "null")], Surface::Recovery));
        assert!(!is_own(&[("origin", "null")], Surface::Session));
    }

    #[test]
    fn a_doubled_header_is_nobodys() {
        let mut headers = HeaderMap::new();
        headers.append("sec-fetch-site", "same-origin".parse().unwrap());
        headers.append("sec-fetch-site", "same-origin".parse().unwrap());
        let own = TrustedOrigin::parse("https://portal.example.org").unwrap();
        assert!(!is_own_post(&headers, &own, Surface::Recovery));
    }
}
