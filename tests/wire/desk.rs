//! REDIR and HOST at the support desk: each step leads back to its case, whatever a request says, and what staff read is text.

use crate::clinic::of_staff;
use crate::redirects::{check, host_lines};
use crate::site::{Answer, FORM, HOST, Site, converse, form, is_ours, request};
use crate::tricks::{NAMES, TRICKS};
use regain::testing::Someone;
use std::collections::BTreeSet;
use time::Duration;

const DESK: &str = "/recovery/desk";
const EVIDENCE: [(&str, &str); 4] =
    [("kind", "photo_id_in_person"), ("level", "ial2"), ("need", "password"), ("new_address", "")];

/// The fields of each step, beside those that name the case.
const STEPS: [(&str, &[&str]); 7] = [
    ("concern", &["account"]),
    ("assign", &["to"]),
    ("note", &["text"]),
    ("evidence", &["kind", "level", "need", "new_kind", "new_address"]),
    ("approve", &["need", "to"]),
    ("refuse", &[]),
    ("withdraw", &[]),
];

/// A page without its words: what is left has been written by regain.
fn without_words(page: &str) -> String {
    page.split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .map(|(tag, _)| format!("<{tag}>"))
        .collect()
}

/// A page may say what somebody wrote, as text; no answer leads anywhere else, and no script runs but regain's own.
fn check_words(answer: &Answer) -> Result<(), String> {
    let tags = without_words(&answer.body);
    let own = |script: &str| script.starts_with(" src=\"/recovery/assets/");
    if let Some(script) = tags.split("<script").skip(1).find(|script| !own(script)) {
        return Err(format!("has the script {script:?}"));
    }
    check(&Answer { body: tags, ..answer.clone() })
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!(r#"name="{name}" value=""#)).expect(name);
    rest.split('"').next().expect("a value").to_owned()
}

/// One trick at the desk.
struct Shift<'a> {
    site: &'a Site,
    trick: &'a str,
}

impl Shift<'_> {
    async fn send(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let bytes = request(method, target, &format!("{headers}{FORM}"), body);
        let mut answers = Answer::all(&converse(self.site.address, &[&bytes]).await);
        for answer in &answers {
            let shown = if target.starts_with(DESK) { check_words(answer) } else { check(answer) };
            shown.unwrap_or_else(|why| panic!("{:?}: the answer {why}\n{target}", self.trick));
        }
        answers.remove(0)
    }

    async fn page(&self, who: &str, target: &str) -> Answer {
        self.send("GET", target, &format!("{HOST}{}", of_staff(who)), "").await
    }

    /// The trick as a host in each header that can carry it.
    fn headers(&self, who: &str) -> String {
        let is_value = !self.trick.chars().any(|c| c.is_control() && c != '\t');
        let lines = if is_value { host_lines(self.trick) } else { String::new() };
        format!("{HOST}{}{lines}", of_staff(who))
    }

    fn query(&self) -> String {
        form(&NAMES.iter().map(|name| (*name, self.trick)).collect::<Vec<_>>())
    }

    /// A step of a case with right fields, and the trick wherever else it can be: it leads back to the case each time.
    async fn step(&self, who: &str, case: &str, step: &str, fields: &[(&str, &str)]) {
        let page = self.page(who, case).await;
        let hidden = ["case", "version"].map(|name| (name, field(&page.body, name)));
        let named = hidden.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = named.chain(fields.iter().copied()).collect();
        let headers = self.headers(who);
        let target = format!("{DESK}/{step}?{}", self.query());
        let answer = self.send("POST", &target, &headers, &form(&all)).await;
        let led = (answer.status, answer.header("location"));
        assert_eq!(led, (303, Some(case)), "{:?}: {step}: {}", self.trick, answer.body);
    }

    /// A case about somebody, opened by Ida.
    async fn open(&self, ana: &Someone) -> String {
        let headers = self.headers("ida");
        let target = format!("{DESK}?{}", self.query());
        let answer = self.send("POST", &target, &headers, &form(&[("account", &ana.username)])).await;
        let led = answer.header("location").unwrap_or_else(|| panic!("{:?}: {}", self.trick, answer.body));
        let id = led.strip_prefix("/recovery/desk/case?id=").expect("the page of a case");
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{:?}: {led}", self.trick);
        led.to_owned()
    }

    /// The case that a person's words have opened.
    async fn written(&self) -> String {
        let queue = self.page("ida", DESK).await.body;
        let (_, rest) = queue.split_once("/recovery/desk/case?id=").expect("a case");
        format!("/recovery/desk/case?id={}", rest.split('"').next().expect("a name"))
    }

    /// Whoever is stuck writes the trick.
    async fn ask_for_help(&self) {
        let (query, fields) = (self.query(), form(&[("text", self.trick), ("reach", self.trick)]));
        self.send("GET", &format!("/recovery/help?{query}"), HOST, "").await;
        let headers = self.headers("nobody");
        let asked = self.send("POST", &format!("/recovery/help?{query}"), &headers, &fields).await;
        let with_wishes = format!("{fields}&{}", form(&[("next", self.trick), ("back", self.trick)]));
        self.send("POST", "/recovery/help", &headers, &with_wishes).await;
        let as_host = format!("Host: {}\r\n", self.trick);
        self.send("POST", "/recovery/help", &as_host, &fields).await;
        // Marks of direction and the like are no words that a person types.
        assert!([200, 422].contains(&asked.status), "{:?}: {asked:?}", self.trick);
    }

    /// The trick as the value of each field of each step, and as the host.
    async fn in_fields(&self, case: &str) {
        let staff = of_staff("ida");
        for target in [DESK.to_owned(), format!("{DESK}/case")] {
            self.page("ida", &format!("{target}?{}", self.query())).await;
            self.page("ida", &format!("{target}?id={0}&after={0}", self.trick)).await;
        }
        self.send("POST", DESK, &format!("{HOST}{staff}"), &form(&[("account", self.trick)])).await;
        for (step, fields) in STEPS {
            let page = self.page("ida", case).await;
            let filled: Vec<_> = fields.iter().map(|name| (*name, self.trick)).collect();
            let named = [("case", &case[case.len() - 32..]), ("version", &field(&page.body, "version"))];
            let tricked = [("case", self.trick), ("version", self.trick)];
            for seen in [named, tricked] {
                // Refusing and withdrawing have no other fields: with the case they would be right.
                if fields.is_empty() && seen == named {
                    continue;
                }
                let body = form(&[&seen[..], &filled].concat());
                let answer =
                    self.send("POST", &format!("{DESK}/{step}"), &format!("{HOST}{staff}"), &body).await;
                let back = answer.header("location").is_none_or(|to| to == case);
                assert!(back && answer.status < 500, "{:?}: {step}: {answer:?}", self.trick);
                let as_host = format!("Host: {}\r\n{staff}", self.trick);
                self.send("POST", &format!("{DESK}/{step}"), &as_host, &body).await;
            }
        }
    }
}

#[tokio::test]
async fn no_trick_leads_staff_away_from_their_case() {
    let site = Site::new().await;
    for (number, trick) in TRICKS.iter().enumerate() {
        site.world.clock.advance(Duration::HOUR);
        let ana = site.world.person(&format!("Ana{number}")).await;
        let shift = Shift { site: &site, trick };
        shift.ask_for_help().await;
        let case = shift.open(&ana).await;
        shift.in_fields(&case).await;
        shift.step("ida", &case, "assign", &[("to", "ida")]).await;
        shift.step("ida", &case, "note", &[("text", "called back")]).await;
        shift.step("ida", &case, "evidence", &EVIDENCE).await;
        let page = shift.page("jon", &case).await.body;
        let (_, addresses) = page.split_once(r#"<select id="to""#).expect("addresses");
        let mut options =
            addresses.split(r#"<option value=""#).skip(1).filter_map(|rest| rest.split('"').next());
        let to = options.find(|to| !to.is_empty()).expect("an address");
        shift.step("jon", &case, "approve", &[("need", "password"), ("to", to)]).await;
        site.world.clock.advance(Duration::DAY);
        let mails = site.mails_to(&ana).await;
        assert!(mails.iter().any(|mail| mail.text.contains("/recovery/link?token=")), "{trick:?}: no link");
        assert!(mails.iter().all(is_ours), "{trick:?} is in a mail");
        // What somebody wrote is a case, too; it is named, and ends.
        let written = shift.written().await;
        shift.step("ida", &written, "concern", &[("account", &ana.username)]).await;
        let end = ["refuse", "withdraw"][number % 2];
        shift.step("jon", &written, end, &[]).await;
    }
}

/// Whoever is not of the staff is led nowhere, and is shown nothing of a case.
#[tokio::test]
async fn nobody_else_is_led_anywhere() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    let case = Shift { site: &site, trick: "https://evil.test" }.open(&ana).await;
    let named = form(&[("case", &case[case.len() - 32..]), ("version", "1")]);
    let mut seen = BTreeSet::new();
    for cookie in ["", "Cookie: staff=eve\r\n", "Cookie: member=0\r\n", "Cookie: staff=//evil.test\r\n"] {
        let page = site.send("GET", &case, cookie, "").await;
        seen.insert((page.status, page.body));
        for (step, _) in STEPS {
            let answer = site.post(&format!("{DESK}/{step}"), cookie, &named).await;
            assert_eq!((answer.status, answer.header("location")), (403, None), "{step} {cookie:?}");
            seen.insert((answer.status, answer.body));
        }
    }
    assert!(seen.len() <= 2 && seen.iter().all(|(status, _)| *status == 403), "{seen:?}");
}

/// Words are let through, and what breaks out of them is not.
#[test]
fn a_page_that_lets_words_out_is_caught() {
    let page = |body: &str| Answer { status: 200, headers: Vec::new(), body: body.to_owned() };
    check_words(&page("<p>//evil.test &#60;script&#62;alert(1)</p>")).unwrap();
    check_words(&page("<script src=\"/recovery/assets/link.js\"></script>")).unwrap();
    for body in [
        "<p><script>alert(1)</script></p>",
        "<a href=\"//evil.test\">x</a>",
        "<p onclick=evil>",
        "<script src=\"//evil.test\"></script>",
    ] {
        check_words(&page(body)).unwrap_err();
    }
}
