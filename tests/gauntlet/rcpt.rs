//! RCPT: mail goes to the address on file of the account that was named, and nowhere else.

use crate::kit::{
    FORGOT_PASSWORD, FORGOT_USERNAME, Site, Verdict, address_of, fingerprint, form, holds_and_catches,
};
use regain::testing::Someone;
use time::Duration;

rows! { "RCPT":
    "CVE-2026-8206" => rcpt_cve_2026_8206_kirki_mail_to_an_address_in_the_request,
    "CVE-2017-18908" => rcpt_cve_2017_18908_mattermost_mail_to_a_typed_address,
    "GHSA-hp5w-3hxx-vmwf" => rcpt_ghsa_hp5w_3hxx_vmwf_payload_parameter_injection,
}

const MALLORY: &str = "mallory@evil.test";
const PEOPLE: [&str; 4] = ["Ana", "Bob", "Cyd", "Dan"];

/// Takes a form on a page, and gives the addresses that mail went to.
trait Recoverer {
    async fn ask(&self, page: &str, body: &str) -> Vec<String>;
    /// What is on file of everybody.
    async fn on_file(&self) -> Vec<String>;
}

struct Regain {
    site: Site,
    people: Vec<Someone>,
}

impl Regain {
    async fn new() -> Self {
        let site = Site::new();
        let mut people = Vec::new();
        for name in PEOPLE {
            people.push(site.world.person(name).await);
        }
        Self { site, people }
    }
}

impl Recoverer for Regain {
    async fn ask(&self, page: &str, body: &str) -> Vec<String> {
        let before = self.site.world.mailbox.mails().len();
        // Every budget is full again.
        self.site.world.clock.advance(Duration::days(2));
        self.site.post(page, &[], body.to_owned()).await;
        self.site.world.work().await;
        self.site.world.mailbox.mails()[before..].iter().map(address_of).collect()
    }

    async fn on_file(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for who in &self.people {
            let account = self.site.world.accounts.get(&who.id).await.unwrap().expect("nobody was removed");
            lines.push(fingerprint(&account));
        }
        lines
    }
}

type Fields = Vec<(String, String)>;

fn fields(body: &str) -> Fields {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
            bytes.push(if byte == b'%' { digit() << 4 | digit() } else { byte });
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (decode(n), decode(v))).collect()
}

/// A twin with the same people: which of them a form names, and where its mail goes.
struct Twin(fn(&Fields) -> Vec<String>);

impl Recoverer for Twin {
    async fn ask(&self, _: &str, body: &str) -> Vec<String> {
        (self.0)(&fields(body))
    }

    async fn on_file(&self) -> Vec<String> {
        Vec::new()
    }
}

fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn address_of_user(typed: &str) -> Option<String> {
    let user =
        PEOPLE.map(str::to_ascii_lowercase).into_iter().find(|name| typed == name || typed == home(name))?;
    Some(home(&user))
}

fn home(user: &str) -> String {
    format!("{}@home.example", user.to_ascii_lowercase())
}

/// Whoever is named, and whatever else the form says: only the address on file of the named one gets mail.
async fn check_recipients(subject: &impl Recoverer) -> Verdict {
    for name in PEOPLE {
        let user = name.to_ascii_lowercase();
        let mailed = subject.ask(FORGOT_PASSWORD, &form(&[("identifier", &user)])).await;
        ensure!(mailed == [home(&user)], "a plain ask mailed {mailed:?}");
        let others = PEOPLE.iter().filter(|other| **other != name).map(|other| home(other));
        for other in others.chain([MALLORY.to_owned()]) {
            for (page, body) in forms(&user, &other) {
                let mailed = subject.ask(page, &body).await;
                let astray = mailed.iter().find(|to| **to != home(&user));
                ensure!(astray.is_none(), "{body}: mail to {astray:?}");
            }
        }
    }
    Ok(())
}

/// Forms that name one user, and try to have the mail sent to another address.
fn forms(user: &str, to: &str) -> Vec<(&'static str, String)> {
    let extra = [
        "email",
        "user_email",
        "to",
        "address",
        "cc",
        "bcc",
        "recipient",
        "mail",
        "Identifier",
        "identifier[]",
        "user[email]",
    ];
    let mut forms: Vec<String> = extra
        .iter()
        .flat_map(|name| {
            [form(&[("identifier", user), (name, to)]), form(&[(name, to), ("identifier", user)])]
        })
        .collect();
    forms.extend([
        format!("{}&{}", form(&[("identifier", user)]), form(&[("identifier", to)])),
        form(&[("identifier[]", user), ("identifier[]", to)]),
        form(&[("identifier[0]", user), ("identifier[1]", to)]),
    ]);
    let glued = [
        ",",
        ", ",
        ";",
        " ",
        "\n",
        "\r\n",
        "\r\ncc: ",
        "\r\nbcc: ",
        "\0",
        "\t",
        "%0a",
        "|",
        "\u{2028}",
        "<",
        "%00",
        "\\n",
        "\"",
        "|sendmail ",
    ];
    for between in glued {
        for named in [user.to_owned(), home(user)] {
            forms.push(form(&[("identifier", &format!("{named}{between}{to}"))]));
            forms.push(form(&[("identifier", &format!("\"{named}{between}{to}\""))]));
        }
    }
    let claims = [
        ("given_name", user),
        ("family_name", "Lindqvist"),
        ("birth_day", "2"),
        ("birth_month", "4"),
        ("birth_year", "1961"),
    ];
    let record = PEOPLE.iter().position(|name| name.eq_ignore_ascii_case(user)).map_or(0, |at| at + 1);
    let record = format!("MRN-{record:05}");
    let with = |name, value| form(&[&claims[..], &[("record_number", &record), (name, value)]].concat());
    let claimed = [with("email", to), with("identifier", to), with("record_number", to)];
    let password = forms.into_iter().map(|body| (FORGOT_PASSWORD, body));
    password.chain(claimed.into_iter().map(|body| (FORGOT_USERNAME, body))).collect()
}

/// Kirki: the account was looked up by username, and mailed at the address in the request.
#[tokio::test]
async fn rcpt_cve_2026_8206_kirki_mail_to_an_address_in_the_request() {
    let twin = Twin(|fields| {
        let on_file = value(fields, "identifier").and_then(address_of_user);
        let to = on_file.map(|on_file| value(fields, "email").map_or(on_file, str::to_owned));
        to.into_iter().collect()
    });
    holds_and_catches(
        check_recipients(&Regain::new().await).await,
        check_recipients(&twin).await,
        "mail to Some(\"bob@home.example\")",
    );
}

/// Mattermost: whoever asked decided where the mail went; here the typed list of addresses, of which one is known.
#[tokio::test]
async fn rcpt_cve_2017_18908_mattermost_mail_to_a_typed_address() {
    let twin = Twin(|fields| {
        let typed = value(fields, "identifier").unwrap_or_default();
        if let Some(on_file) = address_of_user(typed) {
            return vec![on_file];
        }
        let list: Vec<&str> = typed.split([',', ';']).map(str::trim).collect();
        let known = list.iter().any(|part| address_of_user(part).is_some());
        let to = |part: &&str| address_of_user(part).unwrap_or((*part).to_owned());
        if known { list.iter().map(to).collect() } else { Vec::new() }
    });
    holds_and_catches(
        check_recipients(&Regain::new().await).await,
        check_recipients(&twin).await,
        "%2Cbob%40home%2Eexample: mail to Some(\"bob@home.example\")",
    );
}

/// Operators, objects and unknown fields: nobody is found by them, and nothing is changed by them.
async fn check_injection(subject: &impl Recoverer) -> Verdict {
    let before = subject.on_file().await;
    let bodies = [
        "identifier[$ne]=x",
        "identifier[$gt]=",
        "identifier[$regex]=.*",
        "identifier[like]=%25",
        "identifier[exists]=true",
        "identifier[not_equals]=",
        "identifier[in][]=ana",
        "identifier[or][0][username][like]=a",
        "where[username][like]=a",
        "identifier=%25",
        "identifier=*",
        "identifier=.*",
        "identifier=_na",
        "identifier=an_",
        "identifier=a%25",
        "identifier=%7B%22%24ne%22%3A%22%22%7D",
        "identifier=%5B%22ana%22%5D",
        "identifier=%27%20OR%20%271%27%3D%271",
        "identifier=ana%27--",
        "identifier=*)(uid=*",
        "identifier=ana)(%26",
        "identifier=true",
        "identifier=0",
        "identifier=[object Object]",
        "{\"identifier\":{\"$ne\":null}}",
        "{\"identifier\":\"ana\"}",
        "identifier=ana&password=x",
        "identifier=ana&id=2",
        "identifier=ana&data[email]=mallory@evil.test",
        "identifier=ana&email=mallory@evil.test",
        "identifier=ana&__proto__[x]=1",
        "identifier=ana&constructor[prototype][x]=1",
        "identifier=ana&expiration=9999999999999",
        "identifier=ana&disableEmail=true",
    ];
    for page in
        [FORGOT_PASSWORD, FORGOT_USERNAME, "/recovery/link", "/recovery/new-password", "/recovery/disown"]
    {
        for body in bodies {
            for body in [
                body.to_owned(),
                body.replace("identifier", "token"),
                body.replace("identifier", "record_number"),
            ] {
                let mailed = subject.ask(page, &body).await;
                ensure!(mailed.is_empty(), "{page} {body}: mail to {mailed:?}");
                ensure!(subject.on_file().await == before, "{page} {body}: what is on file has changed");
            }
        }
    }
    Ok(())
}

/// Payload CMS: what was posted went into the query unchecked, operators included.
#[tokio::test]
async fn rcpt_ghsa_hp5w_3hxx_vmwf_payload_parameter_injection() {
    let twin = Twin(|fields| {
        let (name, value) = fields.first().cloned().unwrap_or_default();
        let found = |user: &&&str| match name.strip_prefix("identifier") {
            Some("") => user.eq_ignore_ascii_case(&value),
            Some("[$ne]" | "[not_equals]") => !user.eq_ignore_ascii_case(&value),
            _ => false,
        };
        PEOPLE.iter().find(|user| found(user)).map(|user| home(user)).into_iter().collect()
    });
    holds_and_catches(
        check_injection(&Regain::new().await).await,
        check_injection(&twin).await,
        "identifier[$ne]=x: mail to",
    );
}
