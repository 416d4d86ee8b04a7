//! Why templates are not taken.

use crate::jinja::Slip;

/// Why templates are not taken. Lines count from 1, in the template that is named: the page, or the part that it uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// No page has this name.
    #[error("there is no page {0}: the documentation of `regain::web::templates` lists their names")]
    NoSuchPage(String),
    /// The name of a page was given to a part.
    #[error("{0} is the name of a page: give it as a page")]
    NotAPart(String),
    /// Two templates have one name.
    #[error("{0} is given twice")]
    Twice(String),
    /// A template cannot be read, or cannot be written with what the page has.
    #[error("{template}, line {line}: {problem}")]
    Source {
        /// Its name.
        template: String,
        /// Where in it.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A form cannot be sent, or would not be taken.
    #[error("{template}, line {line}: {problem}")]
    Form {
        /// The name of the template that writes it.
        template: String,
        /// Where in it.
        line: usize,
        /// What is wrong.
        problem: FormProblem,
    },
    /// A page whose address holds a token does not load the script that takes it out (RC-16).
    #[error("{template}: load the script {script}, which takes the token out of the address")]
    Script {
        /// Its name.
        template: String,
        /// The address of the script.
        script: String,
    },
}

impl From<Slip> for TemplateError {
    fn from(Slip { template, line, problem }: Slip) -> Self {
        Self::Source { template, line, problem }
    }
}

/// What is wrong with a form. It is named by the address that it is sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormProblem {
    /// The page needs a form that it does not have.
    #[error("the form to {action} is missing; its address ends with frame.lang")]
    Missing {
        /// Where it would be sent.
        action: String,
    },
    /// It is sent by another method than `post`.
    #[error("the form to {action} needs method=\"post\"")]
    NotPosted {
        /// Where it is sent.
        action: String,
    },
    /// A field is missing without which it is not taken, or has another value: a token, for one.
    #[error("the form to {action} needs the field {field}, with the value that the page has for it")]
    Lacks {
        /// Where it is sent.
        action: String,
        /// The name of the field.
        field: String,
    },
    /// It has a field that is not taken: such a form is refused.
    #[error("the form to {action} takes no field {field}")]
    Unknown {
        /// Where it is sent.
        action: String,
        /// The name of the field.
        field: String,
    },
    /// It has a field twice: such a form is refused.
    #[error("the form to {action} has the field {field} twice")]
    Twice {
        /// Where it is sent.
        action: String,
        /// The name of the field.
        field: String,
    },
}
