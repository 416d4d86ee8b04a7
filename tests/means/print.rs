//! Letters in a folder.

use super::{ask, latest};
use regain::account::{AddressKind, AddressOnFile};
use regain::mail::{Delivery, Mailer as _, Message, PrintForm, PrintMailer};
use regain::recovery::Means;
use regain::testing::World;
use regain::testing::contract::Arrived;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Every letter in the folder, read as a person would.
pub fn letters_in(folder: &Path) -> Vec<Arrived> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    // What a try that nobody waits for is writing just now begins with a dot.
    let is_draft = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with('.');
    files
        .filter(|path| !is_draft(path))
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            let id = path.file_stem().unwrap().to_str().unwrap();
            let (address, rest) = match path.extension().and_then(|ending| ending.to_str()) {
                Some("pdf") => {
                    let (address, words) = Pdf::read(&bytes).words();
                    (address, words)
                }
                Some("txt") => {
                    let text = String::from_utf8(bytes).unwrap();
                    let (address, rest) = text.split_once("\n\n").unwrap();
                    (address.to_owned(), rest.to_owned())
                }
                other => panic!("a file that ends with {other:?}"),
            };
            let (date, rest) = rest.split_once("\n\n").unwrap();
            assert_eq!(date, "2 March 2026");
            let (subject, text) = rest.split_once("\n\n").unwrap();
            Arrived::letter(id, &address, subject, text)
        })
        .collect()
}

/// What a reader makes of a PDF, by its table of objects.
struct Pdf<'a> {
    bytes: &'a [u8],
    places: Vec<usize>,
}

impl<'a> Pdf<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.4\n") && bytes.ends_with(b"%%EOF\n"));
        let text = String::from_utf8_lossy(&bytes[bytes.len() - 60..]).into_owned();
        let table: usize = text.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let table = std::str::from_utf8(&bytes[table..]).unwrap();
        let mut lines = table.split_inclusive('\n');
        assert_eq!(lines.next(), Some("xref\n"));
        let count: usize = lines.next().unwrap().trim().split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(lines.next(), Some("0000000000 65535 f \n"));
        let places = lines.take(count - 1).map(|line| {
            assert!(line.len() == 20 && line.ends_with(" 00000 n \n"), "{line:?}");
            line[..10].parse().unwrap()
        });
        Self { bytes, places: places.collect() }
    }

    fn object(&self, number: usize) -> &'a [u8] {
        let from = &self.bytes[self.places[number - 1]..];
        let head = format!("{number} 0 obj\n");
        assert!(from.starts_with(head.as_bytes()), "object {number} stands where the table says");
        let end = from.windows(7).position(|part| part == b"endobj\n").unwrap();
        &from[head.len()..end]
    }

    /// The lines of the address, and all others; one that was broken is put together again.
    fn words(&self) -> (String, String) {
        let pages = String::from_utf8_lossy(self.object(2)).into_owned();
        let count: usize = pages.split("/Count ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let mut blocks = Vec::new();
        for page in 0..count {
            let object = self.object(5 + 2 * page);
            let start = object.windows(7).position(|part| part == b"stream\n").unwrap();
            let length: usize = String::from_utf8_lossy(&object[..start])
                .split("/Length ")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let stream = &object[start + 7..start + 7 + length];
            assert_eq!(&object[start + 7 + length..], b"\nendstream\n");
            assert!(stream.is_ascii());
            let stream = std::str::from_utf8(stream).unwrap();
            blocks.extend(stream.split("ET\n").filter(|block| block.starts_with("BT ")).map(shown));
        }
        let address = blocks.remove(0).join("\n");
        (address, blocks.concat().join("\n"))
    }
}

/// The strings of one block, their escapes undone.
fn shown(block: &str) -> Vec<String> {
    let lines = block.lines().filter_map(|line| line.strip_prefix('(')?.strip_suffix(") Tj T*"));
    lines
        .map(|line| {
            assert!(line.len() < 68 * 4 + 1);
            let (mut text, mut rest) = (String::new(), line.chars());
            while let Some(c) = rest.next() {
                text.push(match (c, rest.as_str()) {
                    ('\\', after) if after.starts_with(|c: char| c.is_ascii_digit()) => {
                        let code = u32::from_str_radix(&after[..3], 8).unwrap();
                        rest = after[3..].chars();
                        match code {
                            0x80 => '€',
                            0x96 => '–',
                            0x99.. => char::from_u32(code).unwrap(),
                            other => panic!("a byte {other:o}"),
                        }
                    }
                    ('\\', _) => rest.next().unwrap(),
                    ('(' | ')', _) => panic!("a bracket without its escape"),
                    _ => c,
                });
            }
            text
        })
        .collect()
}

/// A letter to this address, as the service composes it.
pub async fn letter_to(address: &str) -> Message {
    let world = World::builder().configure(|builder| builder.means(Means::email_only().letters())).build();
    let to = AddressOnFile::parse(AddressKind::Post, address).unwrap();
    let ana = world.person_with("Ana", |account| account.addresses = vec![to]).await;
    ask(&world, &ana).await;
    world.work().await;
    latest(&world, address)
}

fn only_file(folder: &TempDir) -> (String, Vec<u8>) {
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    let [only] = &files[..] else { panic!("{files:?}") };
    (only.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(only).unwrap())
}

#[tokio::test]
async fn a_letter_is_one_pdf_that_only_the_owner_reads() {
    let folder = TempDir::new().unwrap();
    let mailer = PrintMailer::new(folder.path().join("letters"), PrintForm::Pdf).unwrap();
    let letter = letter_to("Ana Lindqvist\nRua (das) Flores 7\\2\nLisboa").await;
    assert!(matches!(mailer.send(&letter).await, Delivery::Sent));
    let inner = mailer.folder().to_owned();
    let path = inner.join(format!("{}.pdf", letter.message_id));
    let first = fs::read(&path).unwrap();
    let (address, words) = Pdf::read(&first).words();
    assert_eq!(address, letter.to.as_str());
    assert!(
        words.contains("Choose a new password for Mercy Clinic")
            && words.contains("https://portal.mercy.example/recovery/code")
    );
    assert!(matches!(mailer.send(&letter).await, Delivery::Sent));
    assert!(fs::read(&path).unwrap() == first, "every try gives the same bytes");
    assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    }
    if let Ok(copy) = std::env::var("REGAIN_LETTER") {
        fs::write(copy, first).unwrap();
    }
}

#[tokio::test]
async fn what_the_font_lacks_is_written_as_text() {
    let folder = TempDir::new().unwrap();
    let mailer = PrintMailer::new(folder.path(), PrintForm::Pdf).unwrap();
    let letter = letter_to("王小明\n北京市朝阳区\n中国").await;
    assert!(matches!(mailer.send(&letter).await, Delivery::Sent));
    let (name, bytes) = only_file(&folder);
    assert_eq!(name, format!("{}.txt", letter.message_id));
    assert!(String::from_utf8(bytes).unwrap().starts_with("王小明\n北京市朝阳区\n中国\n\n"));
}

#[tokio::test]
async fn a_letter_in_the_other_form_takes_the_place_of_the_first() {
    let folder = TempDir::new().unwrap();
    let letter = letter_to("Ana Lindqvist\nLisboa").await;
    for (form, ending) in [(PrintForm::Text, "txt"), (PrintForm::Pdf, "pdf"), (PrintForm::Text, "txt")] {
        let mailer = PrintMailer::new(folder.path(), form).unwrap();
        assert!(matches!(mailer.send(&letter).await, Delivery::Sent));
        assert_eq!(only_file(&folder).0, format!("{}.{ending}", letter.message_id));
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_makes_letters_wait() {
    let folder = TempDir::new().unwrap();
    let mailer = PrintMailer::new(folder.path().join("letters"), PrintForm::Text).unwrap();
    fs::remove_dir_all(mailer.folder()).unwrap();
    let letter = letter_to("Ana Lindqvist\nLisboa").await;
    assert!(matches!(mailer.send(&letter).await, Delivery::RetryLater(_)));
    fs::create_dir(mailer.folder()).unwrap();
    assert!(matches!(mailer.send(&letter).await, Delivery::Sent));
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(PrintMailer::new(folder.path().join("file"), PrintForm::Text).is_err());
}
