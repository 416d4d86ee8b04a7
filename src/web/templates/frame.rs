//! What a host's template gets: the fields of the page, what the frame shows, and the words of the asker's language.

use crate::jinja;
use crate::web::page::Frame;
use crate::web::spoken::Elsewhere;
use crate::web::templates::Page;
use minijinja::value::{Kwargs, Serde, merge_maps};
use minijinja::{Value, context};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct Shown<'a> {
    service: &'a str,
    support: &'a str,
    mount: &'a str,
    sign_in: &'a str,
    security: &'a str,
    home: &'a str,
    help: Option<&'a str>,
    style_sheet: Option<&'static str>,
    logo: Option<&'static str>,
    tag: &'a str,
    direction: &'static str,
    languages: &'a [Elsewhere],
    lang: String,
    and_lang: String,
    months: Vec<&'a str>,
}

impl Serialize for Frame<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = Shown {
            service: self.service,
            support: self.support,
            mount: self.mount,
            sign_in: self.sign_in,
            security: self.security,
            home: self.home,
            help: self.help,
            style_sheet: self.style_sheet,
            logo: self.logo,
            tag: self.tag(),
            direction: self.direction(),
            languages: self.others(),
            lang: self.lang(),
            and_lang: self.and_lang(),
            months: self.months().collect(),
        };
        shown.serialize(serializer)
    }
}

/// The fields of a page, by their names.
pub(super) fn variables(page: &impl Page) -> Value {
    Value::from(Serde(page))
}

/// All that a template of this page can use.
pub(super) fn view(page: &impl Page) -> Value {
    let (said, around) = (page.frame().language().clone(), page.frame().language().clone());
    let words = context! {
        say => Value::from_function(move |key: &str, values: Kwargs| jinja::say(&said, key, &values, &[])),
        around => Value::from_function(move |key: &str, hole: &str, values: Kwargs| {
            jinja::around(&around, key, hole, &values, &[])
        }),
    };
    merge_maps([variables(page), words])
}

/// What regain has drawn itself, and no text of anybody's is in.
pub(in crate::web) fn as_markup<S: Serializer>(
    drawn: &zeroize::Zeroizing<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Value::from_safe_string(drawn.to_string()).serialize(serializer)
}
