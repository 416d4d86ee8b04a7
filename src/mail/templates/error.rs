//! Why templates of mails are not taken.

use crate::jinja::Slip;

/// Why templates are not taken. Lines count from 1, in the template that is named: that of the mail, or the part that it uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailTemplateError {
    /// No mail has such a template.
    #[error(
        "there is no mail template {0}: the documentation of `regain::mail::templates` lists their names, which end with \
         .subject, .txt or .html"
    )]
    NoSuchMail(String),
    /// The name of a mail's template was given to a part.
    #[error("{0} is the name of a mail's template: give it as a mail")]
    NotAPart(String),
    /// Two templates have one name.
    #[error("{0} is given twice")]
    Twice(String),
    /// A template cannot be read, or cannot be written with what the mail has.
    #[error("{template}, line {line}: {problem}")]
    Source {
        /// Its name.
        template: String,
        /// Where in it.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// What it writes is of no use, or cannot be sent.
    #[error("{template}, for the mail {mail}: {problem}")]
    Useless {
        /// Its name.
        template: String,
        /// The name of the mail: `letter.html`, for one, writes all of them.
        mail: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl From<Slip> for MailTemplateError {
    fn from(Slip { template, line, problem }: Slip) -> Self {
        Self::Source { template, line, problem }
    }
}
