//! How the pages are served, and where those pages are that they lead to.

use crate::origin::{PathError, is_plain_path};
use crate::web::templates::Templates;
use crate::web::{ClientAddress, LinkHost, Logo};
use axum::body::Bytes;
use std::sync::Arc;

/// How the pages are served.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WebConfig {
    /// Where the address of a client is taken from.
    pub client_address: ClientAddress,
    pub(super) security: String,
    pub(super) home: String,
    pub(super) help: Option<String>,
    pub(super) style_sheet: Option<Bytes>,
    pub(super) logo: Option<Logo>,
    pub(super) link_host: Option<Arc<dyn LinkHost>>,
    pub(super) templates: Templates,
}

impl WebConfig {
    /// Pages that take the address of a client from there; security information at `/security`, the host's own page for
    /// those who are signed in at `/`, and no page for help.
    #[must_use]
    pub fn new(client_address: ClientAddress) -> Self {
        let (security, home) = ("/security".to_owned(), "/".to_owned());
        Self {
            client_address,
            security,
            home,
            help: None,
            style_sheet: None,
            logo: None,
            link_host: None,
            templates: Templates::default(),
        }
    }

    /// Security information at another path.
    ///
    /// # Errors
    /// [`PathError`] as for [`Links::new`](crate::origin::Links::new); here and below.
    pub fn security_at(self, path: &str) -> Result<Self, PathError> {
        // The root alone would make of `/app` a page of ours.
        if path == "/" {
            return Err(PathError);
        }
        Ok(Self { security: plain(path)?, ..self })
    }

    /// The host's own page for those who are signed in.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn home_at(self, path: &str) -> Result<Self, PathError> {
        Ok(Self { home: plain(path)?, ..self })
    }

    /// A page where whoever is stuck asks for help. Without one, pages name the service's support.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn help_at(self, path: &str) -> Result<Self, PathError> {
        Ok(Self { help: Some(plain(path)?), ..self })
    }

    /// The host's own page beside a link, for accounts that have a factor of the host's own. Without one, whoever has no
    /// other factor is told that people have to help.
    #[must_use]
    pub fn link_host(self, host: Arc<dyn LinkHost>) -> Self {
        Self { link_host: Some(host), ..self }
    }
}

fn plain(path: &str) -> Result<String, PathError> {
    if is_plain_path(path) { Ok(path.to_owned()) } else { Err(PathError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_taken() {
        let config = || WebConfig::new(ClientAddress::None);
        assert!(config().security_at("/account/security").is_ok() && config().home_at("/").is_ok());
        for path in ["", "security", "//evil.test", "/a/../b", "/a b", "https://evil.test", "/a?b", "/A"] {
            assert!(config().security_at(path).is_err(), "{path:?}");
            assert!(config().home_at(path).is_err() && config().help_at(path).is_err(), "{path:?}");
        }
        assert!(config().security_at("/").is_err());
    }
}
