//! Whoever types what only looks like somebody's identifier gets no mail, and whoever spells their own in another way
//! does: on whatever the host keeps its accounts (ID-6, RL-8).
//!
//! Shared with the tests of PostgreSQL, whose collations are no less helpful than others.

type Verdict = Result<(), String>;

/// An account with this username and address; somebody types this. Where mail goes.
pub trait Recoverer {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String>;
}

/// Somebody types what another person's identifier only looks like.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("jose", "jos\u{e9}"),
    ("jos\u{e9}", "jose"),
    ("jos\u{e9}", "jos\u{e8}"),
    ("mike", "m\u{131}ke"),
    ("mike", "m\u{130}ke"),
    ("mike", "mi\u{307}ke"),
    ("mike", "mi\u{212A}e"),
    ("mike", "mi\u{43a}e"),
    ("strasse", "stra\u{df}e"),
    ("strasse", "stra\u{1e9e}e"),
    ("silas", "\u{17f}ilas"),
    ("fiona", "\u{fb01}ona"),
    ("anna", "\u{430}nna"),
    ("anna", "an\u{200d}na"),
    ("anna", "an\u{ad}na"),
    ("anna", "anna\u{200b}"),
    ("anna", "\u{202e}anna"),
    ("anna", "an\u{fe0f}na"),
    ("anna", "\u{1d4b6}nna"),
    ("anna", "\u{24d0}nna"),
    ("anna", "a\u{f1}a"),
    ("aeon", "\u{e6}on"),
    ("jorgen", "j\u{f8}rgen"),
    ("lukasz", "\u{142}ukasz"),
    ("muller", "m\u{fc}ller"),
    ("mueller", "m\u{fc}ller"),
    ("anna1", "anna\u{b9}"),
    ("anna1", "anna\u{661}"),
    ("\u{3c3}", "\u{3c2}"),
    ("\u{304b}\u{306a}", "\u{30ab}\u{30ca}"),
    ("anna", "anna\0"),
    ("anna", "anna%"),
    ("anna", "ann_"),
    ("anna", "anna'"),
];

/// Ways in which people write their own.
const SPELLINGS: &[(&str, &str)] = &[
    ("anna", "ANNA"),
    ("anna", " Anna "),
    ("jos\u{e9}", "JOS\u{c9}"),
    ("jos\u{e9}", "jose\u{301}"),
    ("JOS\u{c9}", "jos\u{e9}"),
    ("\u{3b1}\u{3bd}\u{3bd}\u{3b1}", "\u{391}\u{39d}\u{39d}\u{391}"),
];

pub async fn check_look_alikes(subject: &impl Recoverer) -> Verdict {
    let plain = subject.mailed("anna", "Anna@Home.Example", "anna@home.example").await;
    expect(plain == ["Anna@Home.Example"], || format!("the address on file was mailed as {plain:?}"))?;
    for (real, typed) in LOOK_ALIKES {
        let address = format!("{real}@home.example");
        let mailed = subject.mailed(real, &address, typed).await;
        expect(mailed.is_empty(), || format!("username {typed:?} for {real:?} mailed {mailed:?}"))?;
        let mailed = subject.mailed(real, &address, &format!("{typed}@home.example")).await;
        expect(mailed.is_empty(), || format!("{typed:?} for {real:?} mailed {mailed:?}"))?;
        let mailed = subject.mailed("somebody", "a@home.example", &format!("a@{typed}.example")).await;
        expect(mailed.is_empty(), || format!("domain {typed:?} mailed {mailed:?}"))?;
    }
    Ok(())
}

pub async fn check_spellings(subject: &impl Recoverer) -> Verdict {
    for (real, typed) in SPELLINGS {
        let address = format!("{real}@home.example");
        for typed in [(*typed).to_owned(), format!("{}@home.example", typed.trim())] {
            let mailed = subject.mailed(real, &address, &typed).await;
            expect(mailed == [address.clone()], || format!("{typed:?} for {real:?} mailed {mailed:?}"))?;
        }
    }
    Ok(())
}

fn expect(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(why()) }
}
