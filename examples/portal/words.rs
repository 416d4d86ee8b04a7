//! The portal's name, and its own page, in the languages of regain's pages, chosen as theirs are: by the link of a page,
//! `?lang=`, or as the browser asks for it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use regain::language::{Language, Languages};
use regain::mail::{InvalidService, Service};
use std::sync::Arc;

/// What the portal is called, in both.
pub fn service() -> Result<Service, InvalidService> {
    let spanish = Language::spanish();
    Service::new(ENGLISH.service, ENGLISH.support)?.named_in(spanish.tag(), SPANISH.service, SPANISH.support)
}

/// The language of one answer.
pub struct Spoken<'a> {
    pub language: &'a Language,
    languages: &'a Languages,
    /// Whether somebody followed the link to it.
    chosen: bool,
}

impl<'a> Spoken<'a> {
    pub fn of(languages: &'a Languages, query: Option<&str>, headers: &HeaderMap) -> Self {
        let wanted = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
        let chosen = wanted.and_then(|tag| languages.get(tag));
        let accepted: Vec<_> =
            headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok()).collect();
        let language = chosen.unwrap_or_else(|| languages.choose(Some(&accepted.join(","))));
        Self { language, languages, chosen: chosen.is_some() }
    }

    /// What the address of a page ends with, for whoever chose this language.
    pub fn parameter(&self) -> String {
        if self.chosen { format!("?lang={}", self.language.tag()) } else { String::new() }
    }

    pub fn others(&self) -> impl Iterator<Item = &Arc<Language>> {
        self.languages.all().iter().filter(|other| other.tag() != self.language.tag())
    }

    pub fn words(&self) -> &'static Words {
        if self.language.tag().as_str() == "es" { &SPANISH } else { &ENGLISH }
    }
}

/// The texts of the portal's own page in one of the languages that regain's pages speak.
pub struct Words {
    pub service: &'static str,
    support: &'static str,
    pub title: &'static str,
    pub welcome: &'static str,
    pub signed_in_as: &'static str,
    pub real_portal: &'static str,
    pub what_security_is: &'static str,
    pub go_to_security: &'static str,
    pub sign_out: &'static str,
    pub example: &'static str,
}

const ENGLISH: Words = Words {
    service: "Mercy Hospital Patient Portal",
    support: "Call +1 555 0100, day and night.",
    title: "Your health record",
    welcome: "Welcome",
    signed_in_as: "You are signed in as",
    real_portal: "A real portal would show your appointments and results here.",
    what_security_is: "An app on your phone that shows codes, your password, your e-mail address.",
    go_to_security: "Go to Security",
    sign_out: "Sign out",
    example: "This is an example; the people in it are made up.",
};

const SPANISH: Words = Words {
    service: "Portal del paciente del Hospital Mercy",
    support: "Llame al +1 555 0100, de día y de noche.",
    title: "Su historia clínica",
    welcome: "Hola",
    signed_in_as: "Inició sesión como",
    real_portal: "Un portal de verdad mostraría aquí sus citas y resultados.",
    what_security_is: "Una aplicación en su teléfono que muestra códigos, su contraseña, su correo electrónico.",
    go_to_security: "Ir a Seguridad",
    sign_out: "Cerrar sesión",
    example: "Esto es un ejemplo; las personas son inventadas.",
};
