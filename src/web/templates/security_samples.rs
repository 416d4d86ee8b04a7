//! The pages for security information in each of their states.

use super::samples::{Samples, secret};
use crate::web::Site;
use crate::web::security::pages::{
    AppCodePage, AppLine, AppPage, CodesPage, EmailCodePage, EmailPage, OverviewPage, PasswordPage,
    StepUpPage, SurePage,
};

const NEW: &str = "new@example.org";

pub(super) fn all(site: &Site) -> Samples<'_> {
    let mut all: Samples<'_> = vec![Box::new(empty(site)), Box::new(full(site))];
    for refused in [false, true] {
        let form = || secret("token-of-a-form");
        let app = AppPage { frame: site.frame(), form: form(), label: "My “<phone>”", refused };
        let address = NEW.to_owned();
        let email = EmailCodePage { frame: site.frame(), form: form(), address, refused };
        all.push(Box::new(app));
        all.push(Box::new(app_code(site, refused)));
        all.push(Box::new(email));
        for asks_code in [false, true] {
            all.push(Box::new(StepUpPage {
                frame: site.frame(),
                form: form(),
                back: "codes",
                asks_code,
                refused,
            }));
        }
        let codes = vec![secret("ABCD-EFGH-JKLM-NPQR"), secret("BCDE-FGHJ-KLMN-PQRS")];
        all.push(Box::new(CodesPage { frame: site.frame(), codes, app_is_on: refused }));
    }
    for (wrong_present, reasons) in
        [(false, Vec::new()), (true, Vec::new()), (false, vec!["This is too short.".to_owned()])]
    {
        let form = secret("token-of-a-form");
        all.push(Box::new(PasswordPage { frame: site.frame(), form, at_least: 15, wrong_present, reasons }));
    }
    for (on_file, problem) in [(&[][..], None), (emails(), None), (emails(), Some("unchanged.on-file"))] {
        let (chosen, typed) = (on_file.first().map_or("", String::as_str), problem.map_or("", |_| NEW));
        let form = secret("token-of-a-form");
        all.push(Box::new(EmailPage { frame: site.frame(), form, on_file, chosen, typed, problem }));
    }
    all.extend(sure(site));
    #[cfg(feature = "questions")]
    all.extend(questions(site));
    all
}

fn emails() -> &'static [String] {
    static EMAILS: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| vec!["ana@example.org".to_owned(), "ana@work.example".to_owned()]);
    &EMAILS
}

fn empty(site: &Site) -> OverviewPage<'_> {
    OverviewPage {
        frame: site.frame(),
        problems: Vec::new(),
        apps: Vec::new(),
        others: 0,
        codes: None,
        emails: Vec::new(),
        waiting: None,
        takes_addresses: false,
        questions: None,
    }
}

fn full(site: &Site) -> OverviewPage<'_> {
    let (id, label) = ("0a".repeat(16), "My “<phone>”".to_owned());
    OverviewPage {
        frame: site.frame(),
        problems: vec!["Your password has become known to others.".to_owned()],
        apps: vec![AppLine { id, label, about: "Added 27 March 1985".to_owned() }],
        others: 1,
        codes: Some("8 of 10 are left.".to_owned()),
        emails: emails().to_vec(),
        waiting: Some(NEW.to_owned()),
        takes_addresses: true,
        questions: Some(3),
    }
}

fn app_code(site: &Site, refused: bool) -> AppCodePage<'_> {
    AppCodePage {
        frame: site.frame(),
        form: secret("token-of-a-form"),
        factor: "0a".repeat(16),
        qr: secret("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"),
        secret: secret("ABCD EFGH"),
        uri: secret("otpauth://totp/Service:ana?secret=ABCDEFGH&issuer=Service"),
        refused,
    }
}

fn sure(site: &Site) -> Samples<'_> {
    let page = |title, words: &'static [&'static str], action, button, factor: Option<&str>| {
        let (frame, form) = (site.frame(), secret("token-of-a-form"));
        let factor = factor.map(str::to_owned);
        Box::new(SurePage { frame, form, title, words, action, button, factor }) as Box<_>
    };
    vec![
        page("New codes?", &["new-codes.old", "new-codes.once"], "codes", "new-codes.make", Some("none")),
        page("Remove “<phone>”?", &["remove-app.last"], "remove", "remove-app.remove", Some("0a0a")),
        page("Remove?", &["remove-questions.then"], "questions/remove", "remove-questions.remove", None),
    ]
}

#[cfg(feature = "questions")]
fn questions(site: &Site) -> Samples<'_> {
    use crate::web::security::pages::{QuestionLine, QuestionsPage};
    let line = |code: &str| QuestionLine { code: code.to_owned(), text: format!("Question {code}?") };
    let states = [(["", "", ""], None), (["one", "two", "three"], Some("answer.common"))];
    let page = |(chosen, problem): ([&str; 3], Option<&'static str>)| {
        let (frame, form) = (site.frame(), secret("token-of-a-form"));
        let list = ["one", "two", "three", "four"].map(line).into();
        Box::new(QuestionsPage { frame, form, list, chosen: chosen.map(str::to_owned), problem }) as Box<_>
    };
    states.into_iter().map(page).collect()
}
