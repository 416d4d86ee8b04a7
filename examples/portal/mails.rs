//! Where mails go: files in a folder, or a mail server.

use crate::args::Args;
use crate::{Failure, failed};
use regain::mail::{EmlMailer, Mailer};
use std::path::PathBuf;
use std::sync::Arc;

pub struct Mails {
    pub mailer: Arc<dyn Mailer>,
    /// What the mail room can show; nothing where mails leave the house.
    pub folder: Option<PathBuf>,
}

impl Mails {
    pub fn set_up(args: &Args) -> Result<Self, Failure> {
        if let Some(url) = &args.smtp {
            return Ok(Self { mailer: server(url)?, folder: None });
        }
        let mailer = EmlMailer::new(args.mail_folder()).map_err(failed("see --mail-folder and --data"))?;
        let folder = Some(mailer.folder().to_owned());
        Ok(Self { mailer: Arc::new(mailer), folder })
    }
}

#[cfg(feature = "smtp")]
fn server(url: &str) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(Arc::new(regain::mail::SmtpMailer::new(url).map_err(failed("--smtp"))?))
}

#[cfg(not(feature = "smtp"))]
fn server(_: &str) -> Result<Arc<dyn Mailer>, Failure> {
    Err(crate::without_feature("--smtp", "smtp"))
}
