//! One name in two scripts, or in two romanisations.
//!
//! The account that is judged here was found by its record number; so it does no harm that `Дмитрий` may be `Dmitry` as
//! well as `Dmitrii`, as long as two names of one language do not meet. Nobody is looked for this way. A script is a
//! list of what each of its letters may become; a name in it is the same as a Latin one if the letters can be laid out
//! along it. Rule: a table says what romanisations do, and none says what sounds alike.
//!
//! | from | by |
//! |---|---|
//! | Cyrillic | BGN/PCGN, ISO 9, the passport, German and French use; Ukrainian, Bulgarian, Serbian |
//! | Greek | ELOT 743 and older use |
//! | Arabic, Persian, Hebrew | consonants and long vowels in order, a short vowel where there may be one; the article with or without |
//! | Devanagari | Hunterian and popular use |
//! | Georgian, Armenian | national systems |
//! | Hangul | Revised, McCune-Reischauer, and how people write their names |
//! | Kana | Hepburn, Kunrei-shiki, long vowels in any way |
//! | Han | pinyin and Wade-Giles of 3,919 characters; traditional and simplified forms of those in names. Not the Japanese readings |
//! | Latin, both | the groups of `spellings.txt`; pinyin and Wade-Giles; Hepburn and Kunrei-shiki; in family names Slavic endings |

mod abjads;
mod alphabets;
mod chinese;
mod kana;
mod korean;
mod lay;
mod spellings;

use super::super::names::{Kind, Token};

/// Longer words are no names; laying one out takes time with the product of both lengths.
const MAX_BYTES: usize = 128;

/// Whether both are one name, written in two ways.
pub(super) fn is_same(one: &Token, other: &Token, kind: Kind) -> bool {
    let forms = |token: &Token| if token.plain == token.written_out { 1 } else { 2 };
    let (ones, others) = (one.forms(), other.forms());
    ones.iter()
        .take(forms(one))
        .any(|form| others.iter().take(forms(other)).any(|other| is_one(form, other, kind)))
}

fn is_one(one: &str, other: &str, kind: Kind) -> bool {
    if one.is_empty() || other.is_empty() || one.len().max(other.len()) > MAX_BYTES {
        return false;
    }
    if spellings::are_one(one, other, kind) {
        return true;
    }
    match (Script::of(one), Script::of(other)) {
        (Script::Latin, Script::Latin) => {
            // Serbian and Croatian `đ`, which is folded to `d`.
            one.replace("dj", "d") == other.replace("dj", "d")
                || korean::are_one(one, other)
                || chinese::are_one(one, other)
                || kana::are_one(one, other)
                || (kind == Kind::Family && spellings::slavic(one) == spellings::slavic(other))
        }
        (Script::Latin, script) => script.is_read(other, one),
        (script, Script::Latin) => script.is_read(one, other),
        (Script::Han, Script::Han) => chinese::simplified(one) == chinese::simplified(other),
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Devanagari,
    Georgian,
    Armenian,
    Hangul,
    Kana,
    Han,
    Other,
}

impl Script {
    /// The script of the first letter; a name in two of them is laid out by it and fails.
    fn of(word: &str) -> Self {
        match word.chars().next() {
            Some('a'..='z' | '\u{df}'..='\u{24f}') => Self::Latin,
            Some('\u{400}'..='\u{52f}') => Self::Cyrillic,
            Some('\u{370}'..='\u{3ff}') => Self::Greek,
            Some('\u{600}'..='\u{6ff}') => Self::Arabic,
            Some('\u{590}'..='\u{5ff}') => Self::Hebrew,
            Some('\u{900}'..='\u{97f}') => Self::Devanagari,
            Some('\u{10d0}'..='\u{10ff}') => Self::Georgian,
            Some('\u{530}'..='\u{58f}') => Self::Armenian,
            Some('\u{ac00}'..='\u{d7a3}') => Self::Hangul,
            Some('\u{3040}'..='\u{30ff}') => Self::Kana,
            Some('\u{3400}'..='\u{9fff}') => Self::Han,
            _ => Self::Other,
        }
    }

    fn is_read(self, word: &str, latin: &str) -> bool {
        match self {
            Self::Cyrillic => lay::fits(word, latin, alphabets::CYRILLIC, &[]),
            Self::Greek => lay::fits(word, latin, alphabets::GREEK, &[]),
            Self::Georgian => lay::fits(word, latin, alphabets::GEORGIAN, &[]),
            Self::Armenian => lay::fits(word, latin, alphabets::ARMENIAN, &[]),
            Self::Arabic => abjads::is_arabic(word, latin),
            Self::Hebrew => abjads::is_hebrew(word, latin),
            Self::Devanagari => lay::fits(word, latin, abjads::DEVANAGARI, &["a"]),
            Self::Hangul => korean::is_read(word, latin),
            Self::Kana => kana::is_read(word, latin),
            Self::Han => chinese::is_read(word, latin),
            Self::Latin | Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::names;
    use super::*;

    fn is_one_name(one: &str, other: &str) -> bool {
        let (one, other) = (names::tokens(one), names::tokens(other));
        let is_same = |kind| is_same(&Token::joined(&one), &Token::joined(&other), kind);
        is_same(Kind::Given)
    }

    #[test]
    fn romanisations_of_one_name_meet() {
        #[rustfmt::skip]
        let pairs = [
            ("Дмитрий", "Dmitry"), ("Дмитрий", "Dmitrii"), ("Юлия", "Yulia"), ("Юлия", "Iuliia"), ("Юлия", "Julija"),
            ("Сергей", "Sergej"), ("Наталья", "Natalia"), ("Александр", "Aleksandr"), ("Александр", "Alexandr"),
            ("Фёдор", "Fyodor"), ("Пётр", "Pyotr"), ("Щербаков", "Shcherbakov"), ("Олександр", "Oleksandr"),
            ("Григорій", "Hryhorii"), ("Євген", "Yevhen"), ("Ђорђе", "Djordje"), ("Ковачевић", "Kovačević"),
            ("Γιώργος", "Giorgos"), ("Γιώργος", "Yorgos"), ("Δημήτρης", "Dimitris"), ("Ελένη", "Eleni"),
            ("Παπαδόπουλος", "Papadopoulos"), ("Ευάγγελος", "Evangelos"), ("Μπάμπης", "Babis"), ("Χρήστος", "Christos"),
            ("محمد", "Mohammed"), ("محمد", "Muhammad"), ("حسين", "Hussein"), ("حسين", "Hossein"), ("فاطمة", "Fatima"),
            ("عائشة", "Aisha"), ("يوسف", "Youssef"), ("الخطيب", "Al-Khatib"), ("الخطيب", "Khateeb"), ("مصطفى", "Mustafa"),
            ("عبد الرحمن", "Abdulrahman"), ("رضا", "Reza"), ("ليلى", "Leila"), ("עמית", "Amit"), ("יוסף", "Yosef"),
            ("שרה", "Sarah"), ("חיים", "Chaim"), ("राजेश", "Rajesh"), ("सुनीता", "Sunita"), ("लक्ष्मी", "Lakshmi"),
            ("გიორგი", "Giorgi"), ("Արմեն", "Armen"), ("민준", "Min-jun"), ("현진", "Hyunjin"), ("정", "Jung"),
            ("영희", "Young-hee"), ("ゆうこ", "Yuko"), ("しょうた", "Syota"), ("たろう", "Taro"), ("たろう", "Tarou"),
            ("小明", "Xiaoming"), ("小明", "Hsiao-ming"), ("张", "Chang"), ("張", "Zhang"), ("王", "Wang"), ("張", "张"),
            ("Xiaoming", "Hsiaoming"), ("Zhang", "Chang"), ("Shouta", "Syota"), ("Mohammed", "Muhammad"), ("Aleksei", "Alexey"),
        ];
        let missed: Vec<_> = pairs
            .iter()
            .filter(|(one, other)| !is_one_name(one, other) || !is_one_name(other, one))
            .collect();
        assert!(missed.is_empty(), "{missed:?}");
    }

    #[test]
    fn two_names_of_a_language_do_not_meet() {
        #[rustfmt::skip]
        let pairs = [
            ("Александр", "Aleksandra"), ("Валерия", "Valeri"), ("Иван", "Ivana"), ("Мария", "Marina"), ("Олег", "Olga"),
            ("Γιώργος", "Gregoris"), ("Μαρία", "Marina"), ("Ελένη", "Elena"), ("سمير", "Samira"), ("سميرة", "Samir"),
            ("أحمد", "Hamid"), ("جميل", "Jamal"), ("جمال", "Jamil"), ("حسن", "Hussein"), ("حسين", "Hassan"),
            ("سلمى", "Salem"), ("كريم", "Karam"), ("민준", "Minji"), ("현진", "Hyunmin"), ("소현", "Sohee"),
            ("ゆき", "Yuka"), ("たろう", "Jiro"), ("小明", "Xiaohong"), ("小红", "Xiaoming"), ("राजेश", "Rakesh"),
            ("Xiaoming", "Xiaohong"), ("Jing", "Qing"), ("Yuko", "Yoko"), ("Hassan", "Hussein"), ("Samir", "Samira"),
            ("Karim", "Karima"), ("小明", "小红"), ("Μ", "m\u{301}x"), ("", "Anna"), ("שרה", "Shira m"), ("נועה", "Noam"),
        ];
        let met: Vec<_> =
            pairs.iter().filter(|(one, other)| is_one_name(one, other) || is_one_name(other, one)).collect();
        assert!(met.is_empty(), "{met:?}");
    }

    /// Names of the list that count as one: what a twin may profit of. `spellings.txt` and the rules are to keep this low.
    #[test]
    fn long_words_are_no_names() {
        let long = "ш".repeat(1_000);
        assert!(!is_one(&long, &"sh".repeat(1_000), Kind::Given));
        assert!(is_one(&"ш".repeat(32), &"sh".repeat(32), Kind::Given));
        assert!(!is_one(&"а".repeat(64), &format!("{}b", "a".repeat(127)), Kind::Given));
    }
}
