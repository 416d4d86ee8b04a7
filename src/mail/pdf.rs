//! A letter as PDF: pages of plain text in Courier, one of the fonts that every reader brings (ISO 32000-1, 9.6.2.2).
//!
//! No picture, no form, no script, no date of making: the same letter gives the same bytes.

use crate::mail::print::Sheet;
use std::io::Write as _;
use zeroize::Zeroizing;

/// A4 in points.
const PAGE: (i32, i32) = (595, 842);
/// From the left, for all but the address: 25 mm.
const LEFT: i32 = 71;
/// Base line of the address's first line: in the window of an envelope, 20 mm from the left and 50 mm from the top.
const WINDOW: (i32, i32) = (57, 700);
/// Base lines of the first line of text, on the first page and on the others, and of the last.
const TOP_OF_FIRST: i32 = 540;
const TOP: i32 = 770;
const BOTTOM: i32 = 71;
const SIZE: i32 = 11;
const LEADING: i32 = 15;
/// Characters of Courier at 11 points, 6.6 points wide each, between the margins.
const COLUMNS: usize = 68;

/// The letter; `None` when it has characters that the font lacks.
pub(super) fn draw(sheet: &Sheet<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let mut words: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for line in [&sheet.date, "", sheet.subject, ""].into_iter().chain(sheet.text.trim_end().split('\n')) {
        words.extend(wrapped(&encoded(line)?));
    }
    let address = sheet.address.iter().map(|line| encoded(line)).collect::<Option<Vec<_>>>()?;
    Some(file(&pages(&address, &words)))
}

/// Lines that fit: broken after a space, or where there is none within a line.
fn wrapped(line: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let (mut lines, mut rest) = (Vec::new(), line);
    while rest.len() > COLUMNS {
        let space = rest[..=COLUMNS].iter().rposition(|byte| *byte == b' ').filter(|at| *at > 0);
        let (head, tail) = rest.split_at(space.unwrap_or(COLUMNS));
        lines.push(Zeroizing::new(head.to_vec()));
        rest = tail.strip_prefix(b" ").unwrap_or(tail);
    }
    lines.push(Zeroizing::new(rest.to_vec()));
    lines
}

/// One stream of drawing operators for each page.
fn pages(address: &[Zeroizing<Vec<u8>>], words: &[Zeroizing<Vec<u8>>]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut first = Zeroizing::new(Vec::new());
    text_at(&mut first, WINDOW, address);
    let on_first = fitting(TOP_OF_FIRST);
    let (head, tail) = words.split_at(on_first.min(words.len()));
    text_at(&mut first, (LEFT, TOP_OF_FIRST), head);
    let mut pages = vec![first];
    for lines in tail.chunks(fitting(TOP)) {
        let mut page = Zeroizing::new(Vec::new());
        text_at(&mut page, (LEFT, TOP), lines);
        pages.push(page);
    }
    pages
}

fn fitting(top: i32) -> usize {
    usize::try_from((top - BOTTOM) / LEADING + 1).unwrap_or(1)
}

fn text_at(page: &mut Zeroizing<Vec<u8>>, (x, y): (i32, i32), lines: &[Zeroizing<Vec<u8>>]) {
    put(page, format_args!("BT /F1 {SIZE} Tf {LEADING} TL {x} {y} Td\n"));
    for line in lines {
        page.push(b'(');
        for byte in line.iter() {
            match byte {
                b'(' | b')' | b'\\' => page.extend([b'\\', *byte]),
                b' '..=b'~' => page.push(*byte),
                _ => put(page, format_args!("\\{byte:03o}")),
            }
        }
        page.extend_from_slice(b") Tj T*\n");
    }
    page.extend_from_slice(b"ET\n");
}

/// The objects, their table and the trailer (ISO 32000-1, 7.5).
fn file(pages: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let size = pages.iter().map(|page| page.len() + 400).sum::<usize>() + 1_000;
    let mut file = Zeroizing::new(Vec::with_capacity(size));
    let mut places = Vec::new();
    // Bytes beyond ASCII in the second line tell that it is no text.
    file.extend_from_slice(b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n");
    let kids: Vec<String> = (0..pages.len()).map(|number| format!("{} 0 R", 4 + 2 * number)).collect();
    let (width, height) = PAGE;
    let mut object = |file: &mut Zeroizing<Vec<u8>>, body: &str, stream: Option<&[u8]>| {
        places.push(file.len());
        put(file, format_args!("{} 0 obj\n{body}\n", places.len()));
        if let Some(stream) = stream {
            file.extend_from_slice(b"stream\n");
            file.extend_from_slice(stream);
            file.extend_from_slice(b"\nendstream\n");
        }
        file.extend_from_slice(b"endobj\n");
    };
    object(&mut file, "<< /Type /Catalog /Pages 2 0 R >>", None);
    object(&mut file, &format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()), None);
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>";
    object(&mut file, font, None);
    for (number, page) in pages.iter().enumerate() {
        let contents = 5 + 2 * number;
        let body = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Resources << /Font << /F1 3 0 R >> >> \
             /Contents {contents} 0 R >>"
        );
        object(&mut file, &body, None);
        object(&mut file, &format!("<< /Length {} >>", page.len()), Some(page));
    }
    let (table, count) = (file.len(), places.len() + 1);
    put(&mut file, format_args!("xref\n0 {count}\n0000000000 65535 f \n"));
    for place in &places {
        put(&mut file, format_args!("{place:010} 00000 n \n"));
    }
    put(&mut file, format_args!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    file
}

fn put(bytes: &mut Zeroizing<Vec<u8>>, text: std::fmt::Arguments<'_>) {
    let Ok(()) = bytes.write_fmt(text) else { unreachable!("a vector takes what it is given") };
}

/// In the encoding of Windows code page 1252, as `WinAnsiEncoding` has it; `None` for what is not in it.
fn encoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    const FROM_0X80: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’',
        '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for c in text.chars() {
        bytes.push(match c {
            ' '..='~' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(c)).ok()?,
            '\t' => b' ',
            '\0' => return None,
            _ => 0x80 + u8::try_from(FROM_0X80.iter().position(|known| *known == c)?).ok()?,
        });
    }
    Some(bytes)
}
