//! Reads cases: tolerant of fields that are missing, unknown, null, or a list instead of one.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What is known of somebody.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub username: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub former_family_names: Vec<String>,
    pub birth_date: Option<String>,
    pub record_number: Option<String>,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub addresses: Vec<String>,
}

pub struct PasswordCase {
    pub password: String,
    pub is_strong: bool,
    pub kind: String,
    pub person: Known,
    pub service: Vec<String>,
    pub floor: Option<usize>,
}

pub struct AskCase {
    pub ask: Known,
    /// Whether the ask is made by the person whose account it is.
    pub is_right: bool,
    pub kind: String,
    pub accounts: Vec<Known>,
}

pub enum Case {
    Password(PasswordCase),
    Ask(AskCase),
}

#[derive(Default)]
pub struct Cases {
    pub cases: Vec<Case>,
    /// File and number of each line that is none.
    pub unread: Vec<(PathBuf, usize)>,
}

impl Cases {
    pub fn read(&mut self, file: &Path) -> io::Result<()> {
        let bytes = fs::read(file)?;
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(line).ok().and_then(|value| case(&value)) {
                Some(case) => self.cases.push(case),
                None => self.unread.push((file.to_owned(), at + 1)),
            }
        }
        Ok(())
    }
}

fn case(value: &Value) -> Option<Case> {
    let label = value.get("label")?.as_str()?;
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or(label).to_owned();
    if let Some(password) = value.get("password") {
        let is_strong = match label {
            "strong" => true,
            "weak" => false,
            _ => return None,
        };
        return Some(Case::Password(PasswordCase {
            password: password.as_str()?.to_owned(),
            is_strong,
            kind,
            person: known(value.get("person").unwrap_or(&Value::Null)),
            service: texts(value, &["service"]),
            floor: value.get("floor").and_then(Value::as_u64).and_then(|floor| floor.try_into().ok()),
        }));
    }
    let account = value.get("account")?;
    let accounts =
        account.as_array().map_or_else(|| vec![known(account)], |all| all.iter().map(known).collect());
    let ask = value.get("ask").filter(|ask| ask.is_object())?;
    Some(Case::Ask(AskCase { ask: known(ask), is_right: label == "right", kind, accounts }))
}

fn known(value: &Value) -> Known {
    let one = |name: &str| texts(value, &[name]).into_iter().next();
    Known {
        username: one("username"),
        given_name: one("given_name"),
        family_name: one("family_name"),
        former_family_names: texts(value, &["former_family_name", "former_family_names"]),
        birth_date: one("birth_date"),
        record_number: one("record_number"),
        emails: texts(value, &["email", "emails"]),
        phones: texts(value, &["phone", "phones"]),
        addresses: texts(value, &["address", "addresses"]),
    }
}

/// The texts under these names: each one text, a number, or a list of them.
fn texts(value: &Value, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for value in names.iter().filter_map(|name| value.get(name)) {
        let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        found.extend(all.iter().filter_map(|one| match one {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Cases {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), lines.join("\n")).unwrap();
        let mut cases = Cases::default();
        cases.read(file.path()).unwrap();
        cases
    }

    #[test]
    fn fields_may_be_missing_unknown_null_or_lists() {
        let cases = read(&[
            r#"{"password":"x","label":"weak","person":null,"more":[1]}"#,
            "",
            r#"{"password":"y","label":"strong","kind":"k","floor":8,
               "person":{"email":"a@b.org","emails":["c@d.org"],"record_number":7}}"#
                .replace('\n', " ")
                .as_str(),
            r#"{"ask":{},"label":"near-miss","account":[{"given_name":"Ana"},{}]}"#,
        ]);
        assert!(cases.unread.is_empty());
        let [Case::Password(bare), Case::Password(full), Case::Ask(ask)] = &cases.cases[..] else {
            panic!("three cases")
        };
        assert_eq!((bare.kind.as_str(), bare.is_strong, bare.floor), ("weak", false, None));
        assert_eq!((full.kind.as_str(), full.is_strong, full.floor), ("k", true, Some(8)));
        assert_eq!(full.person.emails, ["a@b.org", "c@d.org"]);
        assert_eq!(full.person.record_number.as_deref(), Some("7"));
        assert_eq!((ask.is_right, ask.accounts.len()), (false, 2));
    }

    #[test]
    fn what_is_no_case_is_counted_by_its_line() {
        let cases = read(&[
            "{",
            "[]",
            r#"{"password":"x"}"#,
            r#"{"password":"x","label":"good"}"#,
            r#"{"password":1,"label":"weak"}"#,
            r#"{"ask":{},"label":"right"}"#,
        ]);
        assert!(cases.cases.is_empty());
        let lines: Vec<_> = cases.unread.iter().map(|(_, line)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6]);
    }
}
